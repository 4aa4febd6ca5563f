//! garde's words for rules, taken apart for a schema.

/// Adds the rules of a `#[garde(...)]` to a [`Rules`](crate::schema::Rules): `__schema_rules!(rules; length(chars, min = 3), ascii)`.
///
/// A rule that is none of those below is skipped, token by token.
#[doc(hidden)]
#[macro_export]
macro_rules! __schema_rules {
    (@length $rules:expr, $mode:expr;) => { $rules };
    (@length $rules:expr, $mode:expr; min = $min:expr $(, $($rest:tt)*)?) => {
        $crate::__schema_rules!(
            @length $crate::schema::Rules::length($rules, $mode, ::core::option::Option::Some($min), ::core::option::Option::None),
            $mode; $($($rest)*)?
        )
    };
    (@length $rules:expr, $mode:expr; max = $max:expr $(, $($rest:tt)*)?) => {
        $crate::__schema_rules!(
            @length $crate::schema::Rules::length($rules, $mode, ::core::option::Option::None, ::core::option::Option::Some($max)),
            $mode; $($($rest)*)?
        )
    };
    (@length $rules:expr, $mode:expr; equal = $equal:expr $(, $($rest:tt)*)?) => {
        $crate::__schema_rules!(
            @length $crate::schema::Rules::length($rules, $mode, ::core::option::Option::Some($equal), ::core::option::Option::Some($equal)),
            $mode; $($($rest)*)?
        )
    };
    (@length $rules:expr, $before:expr; $mode:ident $(, $($rest:tt)*)?) => {
        $crate::__schema_rules!(@length $rules, ::core::stringify!($mode); $($($rest)*)?)
    };

    (@range $rules:expr;) => { $rules };
    (@range $rules:expr; min = $min:expr $(, $($rest:tt)*)?) => {
        $crate::__schema_rules!(
            @range $crate::schema::Rules::range($rules, ::core::option::Option::Some(&$min), ::core::option::Option::None);
            $($($rest)*)?
        )
    };
    (@range $rules:expr; max = $max:expr $(, $($rest:tt)*)?) => {
        $crate::__schema_rules!(
            @range $crate::schema::Rules::range($rules, ::core::option::Option::None, ::core::option::Option::Some(&$max));
            $($($rest)*)?
        )
    };
    (@range $rules:expr; equal = $equal:expr $(, $($rest:tt)*)?) => {
        $crate::__schema_rules!(
            @range $crate::schema::Rules::range($rules, ::core::option::Option::Some(&$equal), ::core::option::Option::Some(&$equal));
            $($($rest)*)?
        )
    };

    ($rules:expr;) => { $rules };
    ($rules:expr; , $($rest:tt)*) => { $crate::__schema_rules!($rules; $($rest)*) };
    ($rules:expr; length($($argument:tt)*) $($rest:tt)*) => {
        $crate::__schema_rules!($crate::__schema_rules!(@length $rules, ""; $($argument)*); $($rest)*)
    };
    ($rules:expr; range($($argument:tt)*) $($rest:tt)*) => {
        $crate::__schema_rules!($crate::__schema_rules!(@range $rules; $($argument)*); $($rest)*)
    };
    ($rules:expr; inner($($inner:tt)*) $($rest:tt)*) => {
        $crate::__schema_rules!(
            $crate::schema::Rules::inner($rules, |rules| $crate::__schema_rules!(rules; $($inner)*));
            $($rest)*
        )
    };
    ($rules:expr; pattern($pattern:literal) $($rest:tt)*) => {
        $crate::__schema_rules!($crate::schema::Rules::pattern($rules, $pattern); $($rest)*)
    };
    ($rules:expr; ascii $($rest:tt)*) => {
        $crate::__schema_rules!($crate::schema::Rules::pattern($rules, r"^[\u0000-\u007f]*$"); $($rest)*)
    };
    ($rules:expr; required $($rest:tt)*) => {
        $crate::__schema_rules!($crate::schema::Rules::required($rules); $($rest)*)
    };
    ($rules:expr; email $($rest:tt)*) => {
        $crate::__schema_rules!($crate::schema::Rules::format($rules, "email"); $($rest)*)
    };
    ($rules:expr; url $($rest:tt)*) => {
        $crate::__schema_rules!($crate::schema::Rules::format($rules, "uri"); $($rest)*)
    };
    ($rules:expr; ipv4 $($rest:tt)*) => {
        $crate::__schema_rules!($crate::schema::Rules::format($rules, "ipv4"); $($rest)*)
    };
    ($rules:expr; ipv6 $($rest:tt)*) => {
        $crate::__schema_rules!($crate::schema::Rules::format($rules, "ipv6"); $($rest)*)
    };
    ($rules:expr; $other:tt $($rest:tt)*) => { $crate::__schema_rules!($rules; $($rest)*) };
}

/// The text of an attribute that is a line of documentation; of any other, nothing.
#[doc(hidden)]
#[macro_export]
macro_rules! __doc_line {
    (doc = $text:expr) => {
        $text
    };
    ($($other:tt)*) => {
        ""
    };
}
