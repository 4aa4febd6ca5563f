//! The page and what it loads.

use std::sync::{Arc, LazyLock};

use axum::response::{Html, IntoResponse};
use axum::routing::get;
use axum::{Extension, Router};
use campotech_security::headers::CspNonce;
use http::Uri;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use sha2::{Digest, Sha256};

use super::Page;

/// uPlot 1.6.32, as published; its licence (MIT) lies beside it.
const UPLOT: &str = include_str!("assets/uplot.js");
const UPLOT_CSS: &str = include_str!("assets/uplot.css");
const UPLOT_LICENSE: &str = include_str!("assets/uplot.LICENSE");
const CHARTS: &str = include_str!("assets/charts.js");
pub(super) const PAGE_CSS: &str = include_str!("assets/page.css");

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// Of all that makes the page, so that a page and its script are of one version.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let digest = [UPLOT, UPLOT_CSS, CHARTS, PAGE_CSS].iter().fold(Sha256::new(), Sha256::chain_update);
    digest.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
});

/// Where the page finds a file of its version.
pub(super) fn url(file: &str) -> String {
    format!("status/{file}?v={}", *VERSION)
}

/// `/status`, and the files below it.
pub(crate) fn routes(page: &Arc<Page>) -> Router {
    let (shown, drawn) = (Arc::clone(page), Arc::clone(page));
    Router::new()
        .route("/status", get(move |uri| status(Arc::clone(&shown), uri)))
        .route("/status/history.json", get(move || history(Arc::clone(&drawn))))
        .route("/status/uplot.js", get(|uri| file(uri, JAVASCRIPT, UPLOT)))
        .route("/status/uplot.css", get(|uri| file(uri, "text/css; charset=utf-8", UPLOT_CSS)))
        .route("/status/uplot.license", get(|uri| file(uri, "text/plain; charset=utf-8", UPLOT_LICENSE)))
        .route("/status/charts.js", get(|uri| file(uri, JAVASCRIPT, CHARTS)))
}

/// With `?still` it stays as it is, for those who need longer (WCAG 2.2.1).
async fn status(page: Arc<Page>, uri: Uri) -> impl IntoResponse {
    let nonce = CspNonce::generate();
    let still =
        uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "still" || pair == "still="));
    let html = Html(page.render(nonce.as_str(), still));
    ([(CACHE_CONTROL, "no-store")], Extension(nonce), html)
}

async fn history(page: Arc<Page>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], page.history.drawn())
}

/// A file of another version is what a replica has that is newer or older than the one of the page: nobody keeps it.
async fn file(uri: Uri, kind: &'static str, text: &'static str) -> impl IntoResponse {
    let asked = uri.query().and_then(|query| query.strip_prefix("v="));
    let kept = if asked == Some(VERSION.as_str()) { "max-age=31536000, immutable" } else { "no-store" };
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, kept)], text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uplot_is_as_published_and_has_its_licence() {
        let digest = |text: &str| -> String {
            Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
        };
        for (text, published) in [
            (UPLOT, "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f"),
            (UPLOT_CSS, "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04"),
            (UPLOT_LICENSE, "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd"),
        ] {
            assert_eq!(digest(text), published, "{}", &text[..40]);
        }
        assert!(UPLOT_LICENSE.contains("MIT License"));
    }

    #[test]
    fn the_legend_has_the_dashes_of_the_lines() {
        let (_, rest) = CHARTS.split_once("const DASHES = [[], [").unwrap();
        let dashes = rest.lines().next().unwrap().trim_end_matches("]];").split("], [");
        for (i, dashes) in (1..).zip(dashes) {
            let mut end = 0;
            let stops = dashes.split(", ").enumerate().map(|(stop, width)| {
                end += width.parse::<u32>().unwrap();
                let colour = if stop % 2 == 0 { format!("var(--l{i})") } else { "transparent".to_owned() };
                format!("{colour} 0 {end}px")
            });
            let line = stops.collect::<Vec<_>>().join(", ");
            let rule = format!(".l{i}::before {{ background: repeating-linear-gradient(90deg, {line}) }}");
            assert!(PAGE_CSS.contains(&rule), "{rule}");
        }
    }

    /// As WCAG 2.2 defines it.
    fn luminance(colour: &str) -> f64 {
        let wide = if colour.len() == 3 {
            colour.chars().flat_map(|digit| [digit; 2]).collect()
        } else {
            colour.to_owned()
        };
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&wide[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.0722f64.mul_add(part(4), 0.2126f64.mul_add(part(0), 0.7152 * part(2)))
    }

    #[test]
    fn strips_stand_out_from_their_card_by_day_and_by_night() {
        let schemes: Vec<_> = PAGE_CSS.split(":root {").skip(1).collect();
        assert_eq!(schemes.len(), 2);
        for scheme in schemes {
            let colour = |name: &str| {
                let (_, rest) = scheme.split_once(&format!("--{name}: #")).unwrap();
                luminance(rest.split(';').next().unwrap())
            };
            for state in ["fine", "worse", "broken", "blank"] {
                let (card, state_) = (colour("card"), colour(state));
                let contrast = (card.max(state_) + 0.05) / (card.min(state_) + 0.05);
                assert!(contrast >= 3.0, "{state}: {contrast:.2}: {}", scheme.trim().lines().next().unwrap());
            }
        }
    }
}
