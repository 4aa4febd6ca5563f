//! The closed labels of business metrics.

use std::time::Duration;

macro_rules! labels {
    ($(#[$doc:meta])* $name:ident { $( $(#[$variant_doc:meta])* $variant:ident = $label:literal ),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $( $(#[$variant_doc])* $variant ),+ }

        impl $name {
            /// All of them, in the order of their labels' metrics.
            pub const ALL: &'static [Self] = &[$( Self::$variant ),+];

            /// The label's value.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $label ),+ }
            }
        }
    };
}

labels! {
    /// Where a job came from.
    JobKind {
        /// Created through the API.
        Api = "api",
        /// Made of a text message.
        Text = "text",
        /// Made of a voice message.
        Voice = "voice",
    }
}

labels! {
    /// How one run of a worker ended.
    Outcome {
        /// Done.
        Done = "done",
        /// Given up.
        Failed = "failed",
        /// Failed, to be tried again.
        Retried = "retried",
    }
}

labels! {
    /// A queue.
    Queue {
        /// Jobs.
        Jobs = "jobs",
        /// Voice messages.
        Voice = "voice",
    }
}

/// What waits in a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueState {
    /// Entries that wait.
    pub size: u64,
    /// How long the oldest of them has waited; zero where none waits.
    pub oldest_age: Duration,
}
