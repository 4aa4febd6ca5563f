//! A label of a business metric.

/// A label whose values are known when the program is built; [`labels!`](crate::labels) makes one.
///
/// Text that comes in from outside can't become a label:
///
/// ```compile_fail
/// use campotech_metrics::{CounterFamily, Metrics};
///
/// let metrics = Metrics::builder("billing", "1.2.3").build().unwrap();
/// let invoices: CounterFamily<String> = metrics.counter("invoices_total", "Invoices sent.").unwrap();
/// ```
pub trait Label: Copy + Send + Sync + 'static {
    /// The label's name.
    const NAME: &'static str;

    /// All of its values.
    const ALL: &'static [Self];

    /// The value as text.
    fn as_str(self) -> &'static str;

    /// Its place in [`ALL`](Self::ALL).
    fn index(self) -> usize;
}

/// Makes an enum that is a [`Label`], with the label's name and the text of each value.
///
/// ```
/// campotech_metrics::labels! {
///     /// How an invoice is paid.
///     pub enum Payment = "payment" {
///         /// By card.
///         Card = "card",
///         /// By bank transfer.
///         Transfer = "transfer",
///     }
/// }
/// use campotech_metrics::Label;
///
/// assert_eq!((Payment::NAME, Payment::Transfer.as_str(), Payment::ALL.len()), ("payment", "transfer", 2));
/// ```
#[macro_export]
macro_rules! labels {
    ($(
        $(#[$doc:meta])* $visible:vis enum $name:ident = $label:literal {
            $( $(#[$value_doc:meta])* $value:ident = $text:literal ),+ $(,)?
        }
    )+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $visible enum $name { $( $(#[$value_doc])* $value ),+ }

        impl $name {
            /// All of them, in the order in which they are written.
            #[allow(dead_code)]
            $visible const ALL: &'static [Self] = &[$( Self::$value ),+];

            /// The label's value.
            #[must_use]
            $visible const fn as_str(self) -> &'static str {
                match self { $( Self::$value => $text ),+ }
            }
        }

        impl $crate::Label for $name {
            const NAME: &'static str = $label;
            const ALL: &'static [Self] = Self::ALL;

            fn as_str(self) -> &'static str {
                self.as_str()
            }

            fn index(self) -> usize {
                self as usize
            }
        }
    )+};
}
