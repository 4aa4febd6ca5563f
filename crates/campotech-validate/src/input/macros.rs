//! `input!`: a struct or an enum that can be read from outside.

use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema, paragraph};

/// Writes a struct or an enum that is read from a body, a query or a path.
///
/// A struct's fields are public types that read themselves; what is written beside the type:
/// - `field as "wire": Type` for another name on the wire, `field as "wire" | "old": Type` where older names are taken, too
///   (two of them at once are a `duplicate`; a fault is told at the name that was sent),
/// - `field: Type = value` for what an absent field is,
/// - `#[garde(...)]` for rules, in garde's own words (the crate that uses the macro depends on `garde`),
/// - `check field: function(a, b);` after the struct, for rules over several fields. The function is given references
///   to the fields it names, and only runs when these are right; a `Result<(), Violation>` that is an error is
///   reported at `field`.
///
/// A struct or enum is called as it is in schemas, or by another name: `struct CreateJob as "NewJob" { ... }`. The lines of
/// documentation are its description and those of its members.
///
/// `#[garde(required)]` on an `Option` makes it a fault (`required`) that it is absent or `null`. Where that depends on other
/// fields it is a `check`, not an `if`:
///
/// ```compile_fail
/// # use campotech_validate::input;
/// input! {
///     struct Search {
///         #[garde(if(cond = true, required))]
///         lat: Option<f64>,
///     }
/// }
/// ```
///
/// garde's rules are given an `Option` of the field, empty where it could not be read. Most rules see through it; two
/// show it: rules on the items of a `Vec` are `inner(inner(...))`, and `custom` functions take `&Option<Type>` (a `check`
/// over one field takes `&Type`, and brings a code of its own).
///
/// Text needs no rule to be bounded: there is no reading of a bare `String`, only of types that say what they hold.
///
/// ```
/// use campotech_validate::{input, validate_json, Code, Limits, PlainText, Timestamp, Violation};
/// use campotech_core::Localized;
///
/// static ENDS_EARLY: Code = Code {
///     name: "visit.ends_early",
///     text: Localized { en: "It ends before it starts.", es: "Termina antes de empezar.", es_ar: "Termina antes de empezar." },
/// };
///
/// fn ends_after_start(start: &Timestamp, end: &Timestamp) -> Result<(), Violation> {
///     if end > start { Ok(()) } else { Err(Violation::new(&ENDS_EARLY)) }
/// }
///
/// input! {
///     /// How it was agreed.
///     pub enum Channel { Phone = "phone", Chat = "whatsapp" }
/// }
///
/// input! {
///     /// A visit.
///     #[derive(Debug)]
///     pub struct Visit {
///         /// What for.
///         pub title: PlainText<120>,
///         pub channel as "via": Channel = Channel::Phone,
///         #[garde(range(min = 1, max = 8))]
///         pub people: u8,
///         pub starts_at: Timestamp,
///         pub ends_at: Timestamp,
///     }
///     check ends_at: ends_after_start(starts_at, ends_at);
/// }
///
/// let body = br#"{"via": "fax", "people": 9, "starts_at": "2026-01-02T10:00:00-03:00",
///                 "ends_at": "2026-01-02T09:00:00-03:00", "color": 1}"#;
/// let rejection = validate_json::<Visit>(body, &Limits::new()).unwrap_err();
/// let codes: Vec<_> = rejection.issues().iter().map(|issue| issue.code()).collect();
/// assert_eq!(codes, ["missing", "value", "range.max", "visit.ends_early", "unknown"]);
/// ```
#[macro_export]
macro_rules! input {
    (
        $(#[$($meta:tt)*])*
        $vis:vis struct $name:ident $(as $title:literal)? {
            $(
                $(#[doc = $doc:expr])*
                $(#[garde($($rule:tt)*)])*
                $field_vis:vis $field:ident $(as $wire:literal $(| $alias:literal)*)? : $type:ty $(= $default:expr)?
            ),* $(,)?
        }
        $( check $at:ident : $($check:ident)::+ ( $($argument:ident),+ $(,)? ) ; )*
    ) => {
        $(#[$($meta)*])*
        $vis struct $name {
            $( $(#[doc = $doc])* $field_vis $field: $type, )*
        }

        const _: () = {
            // What could be read: rules run on this, so that one broken field hides no other.
            #[derive(::garde::Validate)]
            #[garde(allow_unvalidated)]
            struct __Draft {
                $( $(#[garde($($rule)*)])* $field: ::core::option::Option<$type>, )*
            }

            // What the fields are called in what was sent.
            struct __Names {
                $( $field: &'static str, )*
            }

            impl $crate::Fields for $name {
                fn read_fields(__object: &mut $crate::Object<'_, '_>) -> ::core::option::Option<Self> {
                    let __place = __object.place();
                    let __before = __place.found();
                    let __names = __Names {
                        $( $field: $crate::input!(@sent __object, $crate::input!(@wire $field $($wire)?) $($(, $alias)*)?), )*
                    };
                    $( $(
                        __object.bound_items::<$type>(
                            __names.$field,
                            $crate::__items!(min; $($rule)*),
                            $crate::__items!(max; $($rule)*),
                        );
                        __object.require::<$type>(__names.$field, $crate::__requires!($($rule)*));
                    )* )*
                    let __draft = __Draft {
                        $( $field: $crate::input!(@take __object, $type, __names.$field $(, $default)?), )*
                    };
                    let __wires = &[
                        $( $crate::__private::Wire::of::<$type>(::core::stringify!($field), __names.$field), )*
                    ];
                    $crate::__private::apply_rules(__place, __wires, &__draft);
                    let __read = __place.found();
                    $(
                        // Names a field, or does not compile.
                        let _ = &__draft.$at;
                        if !$crate::__private::any_faulty(__place, __wires, &[$(::core::stringify!($argument)),+], __read)
                            && let ($(::core::option::Option::Some($argument),)+) = ($(&__draft.$argument,)+)
                            && let ::core::result::Result::Err(__violation) = $($check)::+($($argument),+)
                        {
                            $crate::__private::report_at(__place, __wires, ::core::stringify!($at), __violation);
                        }
                    )*
                    if __place.found() != __before {
                        return ::core::option::Option::None;
                    }
                    ::core::option::Option::Some(Self { $( $field: __draft.$field?, )* })
                }

                fn describe(__definitions: &mut $crate::schema::Definitions, __members: &mut $crate::schema::Members) {
                    $(
                        if <$type as $crate::Input>::BESIDE {
                            <$type as $crate::Input>::describe_beside(__definitions, __members);
                        } else {
                            let __rules = $crate::schema::Rules::of::<$type>(__definitions);
                            $( let __rules = $crate::__schema_rules!(__rules; $($rule)*); )*
                            __members.add(
                                &[$crate::input!(@wire $field $($wire)?) $($(, $alias)*)?],
                                $crate::schema::Rules::into_schema(__rules),
                                &[$($doc),*],
                                $crate::input!(@required $type $(, $default)?) $( || $crate::__requires!($($rule)*) )*,
                            );
                        }
                    )*
                }
            }

            impl $crate::Input for $name {
                fn read(
                    node: $crate::json::Node<'_>,
                    place: &$crate::Place<'_>,
                ) -> ::core::option::Option<Self> {
                    $crate::__private::read_object(node, place)
                }

                fn schema(__definitions: &mut $crate::schema::Definitions) -> $crate::schema::Schema {
                    $crate::__private::schema_of::<Self>(
                        __definitions,
                        $crate::input!(@title $name $($title)?),
                        &[$($crate::__doc_line!($($meta)*)),*],
                    )
                }
            }
        };
    };
    (
        $(#[$($meta:tt)*])*
        $vis:vis enum $name:ident $(as $title:literal)? {
            $( $(#[$variant_meta:meta])* $variant:ident = $wire:literal ),+ $(,)?
        }
    ) => {
        $(#[$($meta)*])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $vis enum $name {
            $( $(#[$variant_meta])* $variant, )+
        }

        #[allow(dead_code, reason = "not every enum is asked for its values")]
        impl $name {
            /// Every value.
            $vis const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the wire.
            #[must_use]
            $vis const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $wire, )+ }
            }
        }

        impl $crate::ParseText for $name {
            fn parse_text(text: &str) -> ::core::result::Result<Self, $crate::Violation> {
                match text {
                    $( $wire => ::core::result::Result::Ok(Self::$variant), )+
                    _ => ::core::result::Result::Err($crate::__private::enum_violation(&[$($wire),+])),
                }
            }

            fn text_schema(definitions: &mut $crate::schema::Definitions) -> $crate::schema::Schema {
                $crate::__private::enum_schema::<Self>(
                    definitions,
                    $crate::input!(@title $name $($title)?),
                    &[$($crate::__doc_line!($($meta)*)),*],
                    &[$($wire),+],
                )
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                $crate::__private::deserialize(deserializer)
            }
        }
    };
    (@title $name:ident $title:literal) => { $title };
    (@title $name:ident) => { ::core::stringify!($name) };
    (@required $type:ty, $default:expr) => { false };
    (@required $type:ty) => { <$type as $crate::Input>::OPTIONS == 0 };
    (@wire $field:ident $wire:literal) => { $wire };
    (@wire $field:ident) => { $crate::__private::wire_name(::core::stringify!($field)) };
    (@sent $object:ident, $wire:expr) => { $wire };
    (@sent $object:ident, $wire:expr, $($alias:literal),+) => { $object.sent($wire, &[$($alias),+]) };
    (@take $object:ident, $type:ty, $wire:expr, $default:expr) => {
        if $object.has($wire) {
            <$type as $crate::Input>::take($object, $wire)
        } else {
            ::core::option::Option::Some($default)
        }
    };
    (@take $object:ident, $type:ty, $wire:expr) => {
        <$type as $crate::Input>::take($object, $wire)
    };
}

/// A field's name without the `r#` of a raw identifier.
#[must_use]
pub const fn wire_name(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

/// None of the values that an enum has.
#[must_use]
pub fn enum_violation(allowed: &[&str]) -> Violation {
    Violation::new(&codes::VALUE).with("allowed", allowed)
}

/// An enum of texts that is called `name`.
pub fn enum_schema<T>(definitions: &mut Definitions, name: &str, docs: &[&str], allowed: &[&str]) -> Schema {
    definitions.define::<T>(name, |_| {
        let schema = Schema::string().with("enum", allowed);
        let docs = paragraph(docs);
        if docs.is_empty() { schema } else { schema.with("description", docs) }
    })
}

/// How many items a list must (`min`) or may (`max`) have by the rules of a `#[garde(...)]`, if they say so.
#[doc(hidden)]
#[macro_export]
macro_rules! __items {
    (@in min; min = $min:expr $(, $($rest:tt)*)?) => { ::core::option::Option::Some($min) };
    (@in max; max = $max:expr $(, $($rest:tt)*)?) => { ::core::option::Option::Some($max) };
    (@in $bound:ident; equal = $equal:expr $(, $($rest:tt)*)?) => { ::core::option::Option::Some($equal) };
    (@in $bound:ident; $other:ident = $value:expr $(, $($rest:tt)*)?) => { $crate::__items!(@in $bound; $($($rest)*)?) };
    (@in $bound:ident; simple $(, $($rest:tt)*)?) => { $crate::__items!(@in $bound; $($($rest)*)?) };
    (@in $bound:ident; $($characters:tt)*) => { ::core::option::Option::None };
    ($bound:ident;) => { ::core::option::Option::None };
    ($bound:ident; length($($argument:tt)*) $($rest:tt)*) => { $crate::__items!(@in $bound; $($argument)*) };
    ($bound:ident; $other:tt $($rest:tt)*) => { $crate::__items!($bound; $($rest)*) };
}

/// Whether a `#[garde(...)]` says `required`. Its rules see an `Option` more than the field is, so garde's own never fires.
#[doc(hidden)]
#[macro_export]
macro_rules! __requires {
    () => { false };
    (required $($rest:tt)*) => { true };
    (if ($($rules:tt)*) $($rest:tt)*) => { $crate::__requires!(@if [$($rest)*] $($rules)*) };
    (@if [$($rest:tt)*] required $($rules:tt)*) => {
        ::core::compile_error!("`required` on a condition is a `check` over the fields in question")
    };
    (@if [$($rest:tt)*] $other:tt $($rules:tt)*) => { $crate::__requires!(@if [$($rest)*] $($rules)*) };
    (@if [$($rest:tt)*]) => { $crate::__requires!($($rest)*) };
    ($other:tt $($rest:tt)*) => { $crate::__requires!($($rest)*) };
}
