//! What other origins may do with an answer, and what they are told.

use http::HeaderValue;

macro_rules! values {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$of:meta])* $variant:ident = $value:literal, )* } )*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $( $(#[$of])* $variant, )*
        }

        impl $name {
            /// The header's value.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $value, )* }
            }

            pub(super) const fn value(self) -> HeaderValue {
                HeaderValue::from_static(self.as_str())
            }
        }
    )* };
}

values! {
    /// `Cross-Origin-Resource-Policy` (Fetch): whose pages may load the answer without asking.
    ResourcePolicy {
        /// Those of this origin.
        SameOrigin = "same-origin",
        /// Those of this site: the same registrable domain and scheme.
        SameSite = "same-site",
        /// Everybody's: for fonts, images and scripts that others embed.
        CrossOrigin = "cross-origin",
    }

    /// `Cross-Origin-Opener-Policy` (HTML): whether a page shares a group of windows with pages of other origins.
    OpenerPolicy {
        /// With none.
        SameOrigin = "same-origin",
        /// With those that it opens itself, such as a payment's or a sign-in's.
        SameOriginAllowPopups = "same-origin-allow-popups",
        /// Not even with the one that opened it, of whatever origin.
        NoopenerAllowPopups = "noopener-allow-popups",
        /// With all.
        UnsafeNone = "unsafe-none",
    }

    /// `Cross-Origin-Embedder-Policy` (HTML): what a page may load from other origins. With [`OpenerPolicy::SameOrigin`] it makes the
    /// page cross-origin isolated.
    EmbedderPolicy {
        /// What allows it by `Cross-Origin-Resource-Policy` or CORS.
        RequireCorp = "require-corp",
        /// Everything, but without credentials.
        Credentialless = "credentialless",
        /// Everything.
        UnsafeNone = "unsafe-none",
    }

    /// `Referrer-Policy` (W3C): what links and requests tell of the page that they are on. Those that tell other origins more than
    /// the origin are left out.
    ReferrerPolicy {
        /// Nothing.
        NoReferrer = "no-referrer",
        /// The page to this origin, nothing to others.
        SameOrigin = "same-origin",
        /// The origin, but nothing where https is left.
        StrictOrigin = "strict-origin",
        /// The page to this origin, the origin to others, nothing where https is left.
        StrictOriginWhenCrossOrigin = "strict-origin-when-cross-origin",
    }
}
