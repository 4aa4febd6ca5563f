//! Events of all replicas through one channel of Redis (publish and subscribe).
//!
//! Every replica tells its own listeners at once, with or without Redis, and publishes for the others. What is published
//! while Redis is away is lost, and so is what a replica could not hear; then its listeners are told that something may
//! be missing, and read the lists anew.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fred::clients::{Client, SubscriberClient};
use fred::prelude::{ClientLike, EventInterface, PubsubInterface};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use uuid::Uuid;

use super::EventBus;
use super::bus::Event;
use crate::telemetry::command;

/// What a replica says to all, itself included.
#[derive(Serialize, Deserialize)]
struct Said {
    origin: Uuid,
    /// None is a sign of life: a connection that brings back nothing of ours is dead.
    event: Option<Event>,
    /// Some before it could not be said.
    lost: bool,
}

/// Between the bus of this process and those of the others.
pub struct Bridge {
    origin: Uuid,
    channel: String,
    bus: EventBus,
    outgoing: mpsc::Receiver<Event>,
    publisher: Client,
    subscriber: SubscriberClient,
}

const HEARTBEAT: Duration = Duration::from_secs(5);
/// Without a sign of our own for so long, what others say isn't heard either.
const DEAF: Duration = Duration::from_secs(12);
const SUBSCRIBE_WITHIN: Duration = Duration::from_secs(3);
const AGAIN: Duration = Duration::from_millis(250);

impl Bridge {
    /// A bus, and its bridge to the replicas of the service `prefix`. The subscriber is connected by
    /// [`run`](Self::run).
    #[must_use]
    pub fn new(publisher: Client, subscriber: SubscriberClient, prefix: &str) -> (EventBus, Self) {
        let (bus, outgoing) = EventBus::bridged();
        let channel = format!("{prefix}:events");
        let bridge =
            Self { origin: Uuid::now_v7(), channel, bus: bus.clone(), outgoing, publisher, subscriber };
        (bus, bridge)
    }

    /// Works until `stop` is cancelled; what was said before that is published.
    pub async fn run(self, stop: CancellationToken) {
        let Self { origin, channel, bus, mut outgoing, publisher, subscriber } = self;
        let listening = listen(&subscriber, &channel, origin, &bus);
        let voice = Voice { client: &publisher, channel: &channel, origin, lost: bus.lost() };
        let publishing = voice.publish(&mut outgoing);
        tokio::select! {
            () = stop.cancelled() => {}
            () = async { tokio::join!(listening, publishing); } => {}
        }
        outgoing.close();
        while let Some(event) = outgoing.recv().await {
            if !voice.say(Some(event)).await {
                break;
            }
        }
        let _ = timeout(AGAIN, subscriber.quit()).await;
    }
}

/// What a replica says to the others.
struct Voice<'a> {
    client: &'a Client,
    channel: &'a str,
    origin: Uuid,
    lost: &'a AtomicBool,
}

impl Voice<'_> {
    async fn publish(&self, outgoing: &mut mpsc::Receiver<Event>) {
        let mut heartbeats = interval(HEARTBEAT);
        heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = true;
        loop {
            let event = tokio::select! {
                event = outgoing.recv() => match event {
                    Some(event) => Some(event),
                    None => return,
                },
                _ = heartbeats.tick() => None,
            };
            let said = self.say(event).await;
            if std::mem::replace(&mut heard, said) && !said {
                tracing::warn!("other replicas can't be told of events: Redis does not take them");
            }
        }
    }

    /// Says something, and with it that something before it was lost, if so.
    async fn say(&self, event: Option<Event>) -> bool {
        let lost = self.lost.swap(false, Ordering::Relaxed);
        let is_event = event.is_some();
        let Ok(text) = serde_json::to_string(&Said { origin: self.origin, event, lost }) else { return true };
        let said =
            self.client.publish::<i64, _, _>(self.channel, text).instrument(command("PUBLISH")).await.is_ok();
        if !said && (lost || is_event) {
            self.lost.store(true, Ordering::Relaxed);
        }
        said
    }
}

async fn listen(client: &SubscriberClient, channel: &str, origin: Uuid, bus: &EventBus) {
    let mut messages = client.message_rx();
    let mut reconnects = client.reconnect_rx();
    // Nothing was missed where the first try succeeds.
    let mut missed = !matches!(timeout(SUBSCRIBE_WITHIN, client.init()).await, Ok(Ok(_)));
    while !client.is_connected() {
        missed = true;
        bus.settle();
        let _ = timeout(SUBSCRIBE_WITHIN, client.wait_for_connect()).await;
    }
    // The first connection is told of as all others are, but nothing was subscribed before it.
    while reconnects.try_recv().is_ok() {}
    loop {
        let subscribed = timeout(SUBSCRIBE_WITHIN, client.subscribe(channel)).await;
        let heard = matches!(subscribed, Ok(Ok(())));
        if heard && missed {
            bus.gap();
        }
        missed = true;
        bus.settle();
        if !heard {
            sleep(AGAIN).await;
            continue;
        }
        let mut last_sign = Instant::now();
        loop {
            tokio::select! {
                message = messages.recv() => match message {
                    Ok(message) => {
                        let text = message.value.as_bytes_str();
                        let said = text.and_then(|text| serde_json::from_str::<Said>(&text).ok());
                        match said {
                            Some(said) if said.origin == origin => last_sign = Instant::now(),
                            Some(Said { event, lost, .. }) => {
                                if lost {
                                    bus.gap();
                                }
                                event.into_iter().for_each(|event| bus.relayed(event));
                            }
                            None => {}
                        }
                    }
                    Err(RecvError::Lagged(_)) => bus.gap(),
                    Err(RecvError::Closed) => return,
                },
                // A new connection is subscribed to nothing.
                Ok(_) = reconnects.recv() => break,
                () = tokio::time::sleep_until(last_sign + DEAF) => {
                    let _ = timeout(SUBSCRIBE_WITHIN, client.force_reconnection()).await;
                    break;
                }
            }
        }
    }
}

impl std::fmt::Debug for Bridge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bridge").field("channel", &self.channel).finish_non_exhaustive()
    }
}
