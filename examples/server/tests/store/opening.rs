//! Opening: the directory, the lock, files that aren't ours.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use campotech_server::store::{EmbeddedStore, Store, StoreError};
use uuid::Uuid;

use crate::crash::in_child;
use crate::support::{at, job, store};

fn file_of(directory: &Path) -> std::path::PathBuf {
    directory.join("campotech.redb")
}

#[tokio::test]
async fn directory_and_file_are_for_the_owner_only() {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("deep/down");
    let store = EmbeddedStore::open(&directory).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(&file_of(&directory)), 0o600);
    Store::from(store).ping(at(0)).await.unwrap();
}

#[tokio::test]
async fn a_second_process_is_kept_out_and_let_in_after_the_first() {
    if let Some(directory) = in_child() {
        let code = match EmbeddedStore::open(&directory).await {
            Ok(_) => "opened",
            Err(error) => error.code(),
        };
        crate::crash::tell(&format!("RESULT {code}"));
        return;
    }
    let (directory, store) = store().await;
    let test = "opening::a_second_process_is_kept_out_and_let_in_after_the_first";
    assert_eq!(crate::crash::result_of_child(test, directory.path()), "locked");
    store.close().await.unwrap();
    assert_eq!(crate::crash::result_of_child(test, directory.path()), "opened");
}

#[tokio::test]
async fn a_second_handle_in_the_same_process_is_kept_out_too() {
    let (directory, store) = store().await;
    let second = EmbeddedStore::open(directory.path()).await;
    assert!(matches!(&second, Err(StoreError::Locked { path }) if path == directory.path()), "{second:?}");
    store.ping(at(0)).await.unwrap();
}

#[tokio::test]
async fn after_closing_every_call_says_so_and_closing_again_is_fine() {
    let (_directory, store) = store().await;
    store.close().await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(store.ping(at(0)).await, Err(StoreError::Closed)));
    assert!(matches!(store.job(Uuid::now_v7(), Uuid::now_v7()).await, Err(StoreError::Closed)));
}

#[tokio::test]
async fn a_file_that_is_not_ours_is_named_and_left_alone() {
    for content in [&b"not a database at all"[..], &[0x5a; 100_000]] {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(file_of(directory.path()), content).unwrap();
        let outcome = EmbeddedStore::open(directory.path()).await;
        assert!(matches!(outcome, Err(StoreError::Corrupt { .. })), "{outcome:?}");
        assert_eq!(std::fs::read(file_of(directory.path())).unwrap(), content);
    }
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("file"), "").unwrap();
    let outcome = EmbeddedStore::open(root.path().join("file/below")).await;
    assert!(matches!(outcome, Err(StoreError::Directory { .. })), "{outcome:?}");
}

#[tokio::test]
async fn damage_is_found_when_opening_and_never_a_panic() {
    let (directory, store) = store().await;
    let ana = Uuid::now_v7();
    for seconds in 0..200 {
        store.create_job(job(Some(ana), at(seconds))).await.unwrap();
    }
    store.close().await.unwrap();
    let sound = std::fs::read(file_of(directory.path())).unwrap();

    let mut refused = 0;
    for page in 0..sound.len() / 4_096 {
        let mut damaged = sound.clone();
        for byte in &mut damaged[page * 4_096 + 8..page * 4_096 + 72] {
            *byte ^= 0xa5;
        }
        let copy = tempfile::tempdir().unwrap();
        std::fs::write(file_of(copy.path()), &damaged).unwrap();
        match EmbeddedStore::open(copy.path()).await {
            // A page that isn't in use, or that could be repaired.
            Ok(store) => Store::from(store).close().await.unwrap(),
            Err(StoreError::Corrupt { .. }) => refused += 1,
            Err(other) => panic!("page {page}: {other:?}"),
        }
    }
    assert!(refused > 0, "no page mattered");

    let half = tempfile::tempdir().unwrap();
    std::fs::write(file_of(half.path()), &sound[..sound.len() / 2]).unwrap();
    let outcome = EmbeddedStore::open(half.path()).await;
    assert!(matches!(outcome, Err(StoreError::Corrupt { .. })), "{outcome:?}");
}
