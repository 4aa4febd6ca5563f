//! A data directory that is made once on a machine and unpacked for every server.

use std::fs::{DirBuilder, File, Permissions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{Account, Program, Server, newest, secret};

/// How `data` is made. Small segments: an archive of half the size.
const INITDB: &[&str] = &[
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
    "--pwfile=password",
    "--username=postgres",
    "--wal-segsize=1",
    "data",
];

/// What a new one is given, a statement a line.
const SETUP: &str = "\
    CREATE ROLE campotech LOGIN;\n\
    CREATE DATABASE campotech OWNER campotech;\n";

/// The programs of one PostgreSQL.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    dir: PathBuf,
}

impl Programs {
    pub(super) fn find() -> Self {
        let dirs = newest(Path::new("/usr/lib/postgresql"), "bin");
        let postgres = Program { name: "postgres", package: "postgresql" }.find(&dirs);
        Self { dir: postgres.parent().unwrap().to_owned() }
    }

    pub(super) fn path(&self, program: &str) -> String {
        self.dir.join(program).to_str().unwrap().to_owned()
    }

    /// Such as `15.18`: the third word of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
    fn version(&self) -> String {
        let text = Command::new(self.path("postgres")).arg("--version").output().unwrap().stdout;
        let text = String::from_utf8(text).unwrap();
        let version = text.split_ascii_whitespace().nth(2).unwrap_or("unknown");
        version.replace('/', "_")
    }
}

/// Unpacks `data` and `password`, the superuser's, in the server's directory.
pub(super) async fn unpack(programs: &Programs, server: &Server) {
    let archive = archive(programs).await;
    server.run(&["tar", "-xf", "-"], Some(archive)).await.unwrap_or_else(|why| panic!("{why}"));
}

/// The archive, made under a lock when it isn't there: every test is a process, and many start at once.
async fn archive(programs: &Programs) -> File {
    let name = format!("postgres-{}-{:016x}.tar", programs.version(), recipe());
    let dir = cache();
    let path = dir.join(name);
    if let Some(file) = open(&path) {
        return file;
    }
    let lock = File::create(dir.join("lock")).unwrap();
    let _lock = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock)).await.unwrap().unwrap();
    if let Some(file) = open(&path) {
        return file;
    }
    let server = Server::new(Account::ordinary());
    make(programs, &server).await.unwrap_or_else(|why| panic!("{why}"));
    // Copied before it gets its name: the server's directory may lie on another file system.
    let new = path.with_extension("new");
    std::fs::copy(server.dir().join("template.tar"), &new).unwrap();
    std::fs::rename(new, &path).unwrap();
    open(&path).unwrap()
}

async fn make(programs: &Programs, server: &Server) -> Result<(), String> {
    server.write("password", &secret());
    server.run(&[&[programs.path("initdb").as_str()], INITDB].concat(), None).await?;
    let setup = File::open(server.write("setup.sql", SETUP)).unwrap();
    let postgres = programs.path("postgres");
    server.run(&[&postgres, "--single", "-D", "data", "-c", "fsync=off", "postgres"], Some(setup)).await?;
    server.run(&["tar", "-cf", "template.tar", "data", "password"], None).await
}

/// Another recipe makes another archive.
fn recipe() -> u64 {
    let mut hasher = DefaultHasher::new();
    (INITDB, SETUP).hash(&mut hasher);
    hasher.finish()
}

fn open(path: &Path) -> Option<File> {
    match File::open(path) {
        Ok(file) => Some(file),
        Err(why) if why.kind() == ErrorKind::NotFound => None,
        Err(why) => panic!("{}: {why}", path.display()),
    }
}

/// A directory that only this user writes and reads: a template of somebody else's could hold anything.
fn cache() -> PathBuf {
    let uid = rustix::process::geteuid().as_raw();
    let dir = std::env::temp_dir().join(format!("campotech-testkit-{uid}"));
    if let Err(why) = DirBuilder::new().mode(0o700).create(&dir) {
        assert_eq!(why.kind(), ErrorKind::AlreadyExists, "{}: {why}", dir.display());
    }
    let found = std::fs::symlink_metadata(&dir).unwrap();
    let own = found.is_dir() && found.uid() == uid;
    assert!(own, "{} is not a directory of user {uid}: remove it", dir.display());
    if found.mode() & 0o077 != 0 {
        std::fs::set_permissions(&dir, Permissions::from_mode(0o700)).unwrap();
    }
    dir
}
