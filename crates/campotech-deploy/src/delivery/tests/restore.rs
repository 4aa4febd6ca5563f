//! The way back alone: to a colour that had been let go.

use std::time::Duration;

use super::world::{Event, World};
use crate::colour::{Colour, Weights};
use crate::restore::{Restore, Unrestored, Untidy};
use crate::stop::Stop;

const COUNT: u32 = 2;

/// Blue has all requests and green no tasks; everything is to go to green.
fn restore(events: &[(usize, Event)]) -> (World, Result<Untidy, Unrestored>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
        let world = World::new(events, Stop::pair().0);
        let (within, poll) = (Duration::from_secs(300), Duration::from_secs(5));
        let restore = Restore { to: Colour::Green, count: COUNT, keep: 0, within, poll };
        let ended = restore.run(&world, |_| ()).await;
        world.settle().await;
        (world, ended)
    })
}

#[test]
fn tasks_come_before_requests_whatever_happens() {
    let calls = restore(&[]).0.calls();
    for event in Event::ALL.into_iter().filter(|&event| event != Event::Meddled) {
        for at in 0..calls {
            let (world, ended) = restore(&[(at, event)]);
            assert!(world.lost_requests.borrow().is_empty(), "{event:?} at {at}: {world:?}");
            if world.production() == Weights::all(Colour::Green) {
                assert_eq!(ended, Ok(None), "{event:?} at {at}");
                assert_eq!((world.desired(Colour::Green), world.desired(Colour::Blue)), (COUNT, 0));
                assert_eq!(world.test(), Weights::all(Colour::Blue));
            } else {
                assert_eq!(event, Event::Unhealthy, "at {at}: {ended:?}");
            }
        }
    }
}

#[test]
fn requests_stay_where_they_are_while_nobody_else_is_healthy() {
    let (world, ended) = restore(&[(0, Event::Unhealthy)]);
    assert_eq!(world.production(), Weights::all(Colour::Blue));
    let why = ended.unwrap_err().to_string();
    assert_eq!(why, "green has 0 healthy targets of 2");
}
