//! A private Redis watched by sentinels, as clients see it.

use std::time::Duration;

use campotech_testkit::RedisSentinel;
use fred::prelude::*;

#[tokio::test]
async fn sentinels_replace_a_primary_and_take_it_back() {
    let sentinel = RedisSentinel::start().await;
    println!("start: {:?}", sentinel.started_in());
    let mut builder = Builder::from_config(Config::from_url(&sentinel.url()).unwrap());
    builder.set_policy(ReconnectPolicy::new_constant(0, 50));
    builder.with_connection_config(|config| config.max_command_attempts = 1000);
    builder.with_performance_config(|config| config.default_command_timeout = Duration::from_secs(30));
    let client = builder.build().unwrap();
    client.init().await.unwrap();
    let _: () = client.set("kept", 1, None, None, false).await.unwrap();
    assert_eq!(sentinel.node(0).command(&["WAIT", "2", "10000"]).await, "2");
    let refused = sentinel.node(1).command(&["SET", "kept", "2"]).await;
    assert!(refused.starts_with("READONLY"), "{refused}");

    assert_eq!(sentinel.kill_primary().await, 0);
    let successor = sentinel.primary().await;
    assert_ne!(successor, 0);
    sentinel.settled().await;
    assert_eq!(sentinel.node(successor).command(&["GET", "kept"]).await, "1");
    let _: () = client.set("kept", 3, None, None, false).await.unwrap();
    assert_eq!(sentinel.node(successor).command(&["GET", "kept"]).await, "3");

    sentinel.restart(0).await;
    sentinel.settled().await;
    // On a machine that stands still for a second the other replica may have taken over from the successor.
    let primary = sentinel.primary().await;
    assert_ne!(primary, 0);
    let refused = sentinel.node(0).command(&["SET", "kept", "4"]).await;
    assert!(refused.starts_with("READONLY"), "{refused}");
    assert_eq!(sentinel.node(primary).command(&["GET", "kept"]).await, "3");
    assert_eq!(sentinel.node(0).command(&["GET", "kept"]).await, "3");
}
