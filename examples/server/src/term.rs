//! Lines for people. A closed pipe is no reason to panic.

/// Prints a line on standard output.
#[macro_export]
macro_rules! say {
    ($($arg:tt)*) => {{
        use ::std::io::Write as _;
        let _ = ::std::writeln!(::std::io::stdout().lock(), $($arg)*);
    }};
}

/// Prints over the current line of the terminal.
#[macro_export]
macro_rules! say_over {
    ($($arg:tt)*) => {{
        use ::std::io::Write as _;
        let mut out = ::std::io::stdout().lock();
        let _ = ::std::write!(out, "\r\x1b[K{}", ::std::format!($($arg)*));
        let _ = out.flush();
    }};
}

/// Prints a line on standard error, after the program's name.
#[macro_export]
macro_rules! complain {
    ($($arg:tt)*) => {{
        use ::std::io::Write as _;
        let _ = ::std::writeln!(::std::io::stderr().lock(), "campotech-server: {}", ::std::format!($($arg)*));
    }};
}
