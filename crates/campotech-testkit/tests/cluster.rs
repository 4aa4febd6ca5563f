//! A private Redis cluster, as clients see it.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::time::Duration;

use campotech_testkit::RedisCluster;
use fred::prelude::*;

/// Connects with what a service would be given.
async fn connect(url: &str) -> Client {
    let mut builder = Builder::from_config(Config::from_url(url).unwrap());
    builder.set_policy(ReconnectPolicy::new_constant(0, 50));
    builder.with_performance_config(|config| config.default_command_timeout = Duration::from_secs(30));
    builder.with_connection_config(|config| config.max_command_attempts = 1000);
    let client = builder.build().unwrap();
    client.init().await.unwrap();
    client
}

#[tokio::test]
async fn a_cluster_survives_a_primary_and_takes_it_back() {
    let cluster = RedisCluster::start().await;
    println!("start: {:?}", cluster.started_in());
    let client = connect(&cluster.url()).await;
    for n in 0..100 {
        let _: () = client.set(format!("key:{n}"), n, None, None, false).await.unwrap();
    }
    let owners =
        [cluster.primary_of("a").await, cluster.primary_of("b").await, cluster.primary_of("c").await];
    assert!(owners.iter().all(|owner| *owner < 3), "{owners:?}");
    assert_ne!(owners[0], owners[1]);
    assert_eq!(cluster.node(owners[0]).command(&["GET", "a"]).await, "(nil)");
    let moved = cluster.node((owners[0] + 1) % 3).command(&["GET", "a"]).await;
    assert_eq!(moved, format!("MOVED 15495 {}", cluster.node(owners[0]).addr()));

    cluster.kill(owners[0]).await;
    cluster.settled().await;
    let successor = owners[0] + 3;
    // Settled means that there is nobody left who would send a client to the dead one.
    for (i, node) in cluster.nodes().iter().enumerate().filter(|(_, node)| node.is_up()) {
        let answer = node.command(&["GET", "a"]).await;
        let moved = format!("MOVED 15495 {}", cluster.node(successor).addr());
        assert_eq!(answer, if i == successor { "(nil)".to_owned() } else { moved });
    }
    assert_eq!(cluster.primary_of("a").await, successor);
    let _: () = client.set("a", "written to the successor", None, None, false).await.unwrap();
    for n in 0..100 {
        assert_eq!(client.get::<i32, _>(format!("key:{n}")).await.unwrap(), n);
    }

    cluster.restart(owners[0]).await;
    cluster.settled().await;
    assert_eq!(cluster.primary_of("a").await, successor);
    let role = cluster.node(owners[0]).command(&["ROLE"]).await;
    assert!(role.starts_with("slave\n"), "{role}");
    assert_eq!(client.get::<String, _>("a").await.unwrap(), "written to the successor");
}
