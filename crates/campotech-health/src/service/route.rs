//! Which path is which route.

const COMPONENTS: &str = "/health/components/";

/// How much the routes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Details {
    /// `/health` lists the components, and each has a route of its own.
    Shown,
    /// `/health` says as much as `/ready`, and components have no route.
    Hidden,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Live,
    Ready,
    Health,
    Component(&'a str),
}

impl<'a> Route<'a> {
    pub(super) fn of(path: &'a str, details: Details) -> Option<Self> {
        match path {
            "/live" => Some(Self::Live),
            "/ready" => Some(Self::Ready),
            "/health" => Some(Self::Health),
            _ if details == Details::Hidden => None,
            _ => {
                let name = path.strip_prefix(COMPONENTS)?;
                (!name.is_empty() && !name.contains('/')).then_some(Self::Component(name))
            }
        }
    }
}

impl Details {
    pub(super) const fn templates(self) -> &'static [&'static str] {
        match self {
            Self::Shown => &["/live", "/ready", "/health", "/health/components/{name}"],
            Self::Hidden => &["/live", "/ready", "/health"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_paths_match() {
        let route = |path| Route::of(path, Details::Shown);
        assert_eq!(route("/live"), Some(Route::Live));
        assert_eq!(route("/ready"), Some(Route::Ready));
        assert_eq!(route("/health"), Some(Route::Health));
        assert_eq!(route("/health/components/store"), Some(Route::Component("store")));
        let strangers = [
            "",
            "/",
            "/health/",
            "/health/components",
            "/health/components/",
            "/health/components/a/b",
            "/lives",
        ];
        for path in strangers {
            assert_eq!(route(path), None, "{path}");
        }
        assert_eq!(Route::of("/health/components/store", Details::Hidden), None);
        assert_eq!(Route::of("/health", Details::Hidden), Some(Route::Health));
    }
}
