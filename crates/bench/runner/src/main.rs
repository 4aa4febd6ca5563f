//! The runner that gungraun's benchmarks start: the library's of the same lock file, so that the two never differ in version.

fn main() -> std::process::ExitCode {
    match gungraun_runner::runner::run::run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            std::process::ExitCode::FAILURE
        }
    }
}
