//! What is in flight: in all, and of each client network.

use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use campotech_core::ClientNetwork;
use hashbrown::{DefaultHashBuilder, HashTable};
use parking_lot::Mutex;

#[derive(Debug)]
pub(super) struct Limit {
    max_in_flight: usize,
    in_flight: AtomicUsize,
    networks: Networks,
}

/// One request in flight.
#[derive(Debug)]
pub(super) struct Permit {
    limit: Arc<Limit>,
    /// The network and its hash.
    network: Option<(ClientNetwork, u64)>,
}

/// What a new request found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    Free,
    /// Too many are in flight.
    Full,
    /// Too many of this client network are in flight.
    ShareUsed,
}

/// The networks with requests in flight and no others, in shards whose locks are held for a look-up.
#[derive(Debug, Default)]
struct Networks {
    shards: [Mutex<HashTable<(ClientNetwork, usize)>>; SHARDS],
    // Quick rather than proof against whoever studies it: there are no more entries than requests in flight.
    hasher: DefaultHashBuilder,
}

const SHARDS: usize = 16;

impl Limit {
    pub(super) fn new(max_in_flight: usize) -> Self {
        Self { max_in_flight, in_flight: AtomicUsize::new(0), networks: Networks::default() }
    }

    /// A permit, and whether it is within the limit and the network's share of it.
    pub(super) fn enter(self: &Arc<Self>, network: Option<ClientNetwork>, share: usize) -> (Permit, Room) {
        let before = self.in_flight.fetch_add(1, Ordering::Relaxed);
        let network = network.map(|network| (network, self.networks.hasher.hash_one(network)));
        let of_network = network.map_or(0, |(network, hash)| self.networks.enter(network, hash));
        let room = if before >= self.max_in_flight {
            Room::Full
        } else if of_network > share {
            Room::ShareUsed
        } else {
            Room::Free
        };
        (Permit { limit: Arc::clone(self), network }, room)
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.limit.in_flight.fetch_sub(1, Ordering::Relaxed);
        if let Some((network, hash)) = self.network {
            self.limit.networks.leave(network, hash);
        }
    }
}

impl Networks {
    /// Counts one of `network`; how many it has now.
    fn enter(&self, network: ClientNetwork, hash: u64) -> usize {
        let mut shard = self.shard(hash).lock();
        if let Some((_, count)) = shard.find_mut(hash, |(other, _)| *other == network) {
            *count += 1;
            return *count;
        }
        shard.insert_unique(hash, (network, 1), |(other, _)| self.hasher.hash_one(other));
        1
    }

    /// One of `network` less; the last one takes its entry along.
    fn leave(&self, network: ClientNetwork, hash: u64) {
        let mut shard = self.shard(hash).lock();
        if let Ok(mut entry) = shard.find_entry(hash, |(other, _)| *other == network) {
            entry.get_mut().1 -= 1;
            if entry.get().1 == 0 {
                entry.remove();
            }
        }
    }

    fn shard(&self, hash: u64) -> &Mutex<HashTable<(ClientNetwork, usize)>> {
        // The table uses the low and the highest bits.
        let at = usize::try_from((hash >> 32) & 0xffff).unwrap_or(0);
        &self.shards[at % SHARDS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(limit: &Limit) -> usize {
        limit.networks.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    #[test]
    fn only_networks_in_flight_are_kept() {
        let limit = Arc::new(Limit::new(10_000));
        let permits: Vec<_> =
            (0..1_000).flat_map(|n| [n, n]).map(|n| limit.enter(Some(ClientNetwork::V6(n)), 2)).collect();
        assert!(permits.iter().all(|(_, room)| *room == Room::Free));
        assert_eq!((known(&limit), limit.in_flight()), (1_000, 2_000));
        let (third, room) = limit.enter(Some(ClientNetwork::V6(7)), 2);
        assert_eq!(room, Room::ShareUsed);
        drop(third);
        drop(permits);
        assert_eq!((known(&limit), limit.in_flight()), (0, 0));
    }

    #[test]
    fn threads_leave_nothing_behind() {
        let limit = Arc::new(Limit::new(10));
        let run = |_| {
            let limit = Arc::clone(&limit);
            std::thread::spawn(move || {
                (0..10_000).for_each(|n| drop(limit.enter(Some(ClientNetwork::V6(n % 3)), 1)));
            })
        };
        let threads: Vec<_> = (0..4).map(run).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!((known(&limit), limit.in_flight()), (0, 0));
    }
}
