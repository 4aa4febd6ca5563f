//! Whom a problem is for that comes when the request is out of hand.

use bytes::Bytes;
use http::{Request, Response};

use super::{AcceptLanguage, Language, Problem};
use crate::context::{RequestContext, is_in_request};
use crate::identity::RequestId;

/// What is kept of a request for an answer in its handler's place: nothing, where it is the current one
/// ([`RequestContext::current`]) and goes on being that, else its language and id.
///
/// ```
/// use campotech_core::{Addressee, Problem, kinds};
/// use http::Request;
///
/// let request = Request::get("/").header("accept-language", "es-AR").body(())?;
/// let addressee = Addressee::of(&request);
/// drop(request);
/// let answer = addressee.answer(&Problem::new(&kinds::DEADLINE_EXCEEDED));
/// assert_eq!(answer.headers()["content-language"], "es-AR");
/// # Ok::<_, http::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Addressee(Option<Box<Own>>);

/// On the heap: a future that keeps it would be moved about with its room.
#[derive(Debug, Clone)]
struct Own {
    language: AcceptLanguage,
    id: Option<RequestId>,
}

impl Addressee {
    /// Whoever sent this request.
    #[must_use]
    pub fn of<B>(request: &Request<B>) -> Self {
        if is_in_request() {
            return Self(None);
        }
        let (language, id) = (AcceptLanguage::of(request.headers()), RequestId::of(request.extensions()));
        let says = !language.is_nothing() || id.is_some();
        Self(says.then(|| Box::new(Own { language, id: id.cloned() })))
    }

    /// The answer in its language, with its id as `instance`.
    #[must_use]
    pub fn answer(&self, problem: &Problem) -> Response<Bytes> {
        match (&self.0, RequestContext::current()) {
            (Some(own), _) => problem.into_response_in(own.language.language(), own.id.as_ref()),
            (None, Some(context)) => problem.into_response_in(context.language(), Some(context.request_id())),
            (None, None) => problem.into_response_in(Language::default(), None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds;
    use super::*;
    use crate::identity::{Sampling, TraceContext};

    #[test]
    fn the_current_request_is_whom_it_is_for() {
        let id = RequestId::generate();
        let context = RequestContext::new(id.clone(), TraceContext::root(Sampling::never()))
            .with_language(Language::Es);
        let addressee = context.enter(|| Addressee::of(&Request::new(())));
        let answer = context.enter(|| addressee.answer(&Problem::new(&kinds::INTERNAL)));
        assert_eq!(answer.headers()["content-language"], "es");
        assert!(String::from_utf8_lossy(answer.body()).contains(id.as_str()));
        // Elsewhere nobody is known, and that is no reason to have no answer.
        let answer = addressee.answer(&Problem::new(&kinds::INTERNAL));
        assert_eq!(answer.headers()["content-language"], "en");
    }

    #[test]
    fn outside_of_one_the_requests_own_words_count() {
        let id = RequestId::generate();
        let mut request = Request::new(());
        request.extensions_mut().insert(id.clone());
        let answer = Addressee::of(&request).answer(&Problem::new(&kinds::INTERNAL));
        assert!(String::from_utf8_lossy(answer.body()).contains(id.as_str()));
    }
}
