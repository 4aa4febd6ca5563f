//! Panics: what happened, with the stack that only the hook sees.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use sentry::integrations::panic::PanicIntegration;
use sentry::protocol::{Event, Exception, Level, Mechanism};
use sentry::{ClientOptions, Hub, Integration};

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    // Boxed, since it is taken for every request, and an event is large.
    static SEEN: Cell<Option<Box<Event<'static>>>> = const { Cell::new(None) };
}

static HOOK: Once = Once::new();

/// Installs the hook, once in a process and only where there is a client.
#[derive(Debug)]
pub(crate) struct PanicHook;

/// A panic that was caught.
pub(crate) struct Caught {
    pub(crate) payload: Box<dyn Any + Send>,
    pub(crate) event: Event<'static>,
}

impl Integration for PanicHook {
    fn name(&self) -> &'static str {
        "panic"
    }

    fn setup(&self, _options: &mut ClientOptions) {
        HOOK.call_once(|| {
            let next = take_hook();
            set_hook(Box::new(move |info| {
                let event = || {
                    let mut event = PanicIntegration::new().event_from_panic_info(info);
                    if let Some(at) = info.location() {
                        event.tags.insert("panic.at".to_owned(), format!("{}:{}", at.file(), at.line()));
                    }
                    event
                };
                if CATCHING.get() {
                    // The layer sends it when the stack is unwound, within the hub of the request.
                    SEEN.set(Some(Box::new(event())));
                } else {
                    let hub = Hub::current();
                    if hub.client().is_some_and(|client| client.is_enabled()) {
                        hub.capture_event(event());
                    }
                }
                next(info);
            }));
        });
    }
}

/// Runs `work`; a panic in it comes back with the event to send for it.
pub(crate) fn catch<R>(work: impl FnOnce() -> R) -> Result<R, Box<Caught>> {
    let outer = CATCHING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    CATCHING.set(outer);
    // Also where nothing went wrong: `work` may have caught a panic of its own.
    let seen = SEEN.take();
    result.map_err(|payload| caught(payload, seen))
}

#[cold]
fn caught(payload: Box<dyn Any + Send>, seen: Option<Box<Event<'static>>>) -> Box<Caught> {
    let event = seen.map_or_else(|| event_of(&*payload), |event| *event);
    Box::new(Caught { payload, event })
}

/// For a hook that was replaced after ours, or a panic that was resumed.
fn event_of(payload: &(dyn Any + Send)) -> Event<'static> {
    let message = payload
        .downcast_ref::<&'static str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    Event {
        level: Level::Fatal,
        exception: vec![Exception {
            ty: "panic".to_owned(),
            value: message,
            mechanism: Some(Mechanism {
                ty: "panic".to_owned(),
                handled: Some(false),
                ..Mechanism::default()
            }),
            ..Exception::default()
        }]
        .into(),
        ..Event::default()
    }
}
