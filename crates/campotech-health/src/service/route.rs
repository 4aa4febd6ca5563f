//! Which path is which route.

const COMPONENTS: &str = "/health/components/";
const GROUPS: &str = "/health/groups/";

/// How much the routes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Details {
    /// `/health` lists the components, and each has a route of its own, as groups of them have.
    Shown,
    /// `/health` says as much as `/ready`, and components and groups have no route.
    Hidden,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Live,
    Ready,
    Health,
    Component(&'a str),
    Group(&'a str),
}

impl<'a> Route<'a> {
    pub(super) fn of(path: &'a str, details: Details) -> Option<Self> {
        match path {
            "/live" => Some(Self::Live),
            "/ready" => Some(Self::Ready),
            "/health" => Some(Self::Health),
            _ if details == Details::Hidden => None,
            _ => {
                if let Some(name) = path.strip_prefix(COMPONENTS) {
                    return is_segment(name).then_some(Self::Component(name));
                }
                let name = path.strip_prefix(GROUPS)?;
                is_segment(name).then_some(Self::Group(name))
            }
        }
    }
}

fn is_segment(name: &str) -> bool {
    !name.is_empty() && !name.contains('/')
}

impl Details {
    pub(super) const fn templates(self) -> &'static [&'static str] {
        match self {
            Self::Shown => {
                &["/live", "/ready", "/health", "/health/components/{name}", "/health/groups/{name}"]
            }
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
        assert_eq!(route("/health/groups/storage"), Some(Route::Group("storage")));
        let strangers = [
            "",
            "/",
            "/health/",
            "/health/components",
            "/health/components/",
            "/health/components/a/b",
            "/health/groups/",
            "/health/groups/a/b",
            "/lives",
        ];
        for path in strangers {
            assert_eq!(route(path), None, "{path}");
        }
        assert_eq!(Route::of("/health/components/store", Details::Hidden), None);
        assert_eq!(Route::of("/health", Details::Hidden), Some(Route::Health));
    }
}
