//! What prometheus-client writes, translated.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::exemplar::CounterWithExemplar;
use prometheus_client::metrics::family::Family as ClientFamily;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::*;

fn written(text: &str, format: Format) -> String {
    translate(text, format).into_iter().map(|family| String::from_utf8(family.bytes).unwrap()).collect()
}

fn translated(registry: &Registry) -> String {
    let mut text = String::new();
    encode(&mut text, registry).unwrap();
    written(&text, Format::Text)
}

#[test]
fn counters_keep_their_suffix_in_the_comments() {
    let mut registry = Registry::default();
    let family = ClientFamily::<Vec<(String, String)>, Counter>::default();
    family.get_or_create(&vec![("who".into(), "b \"x\" } # {\\".into())]).inc();
    family.get_or_create(&vec![("who".into(), "a,b".into())]).inc_by(2);
    family.get_or_create(&vec![("who".into(), "c\"} 7".into())]).inc_by(3);
    registry.register("visits", "Visits", family);
    assert_eq!(
        translated(&registry),
        "# HELP visits_total Visits.\n# TYPE visits_total counter\n\
         visits_total{who=\"a,b\"} 2\nvisits_total{who=\"b \\\"x\\\" } # {\\\\\"} 1\n\
         visits_total{who=\"c\\\"} 7\"} 3\n"
    );
}

#[test]
fn units_infos_exemplars_and_the_end_mark_are_left_out() {
    let mut registry = Registry::default();
    let gauge = Gauge::<f64, AtomicU64>::default();
    gauge.set(0.5);
    registry.register_with_unit("age", "Age", Unit::Seconds, gauge);
    registry.register("node", "Node", Info::new(vec![("zone", "sur")]));
    let counter = CounterWithExemplar::<Vec<(String, String)>>::default();
    counter.inc_by(3, Some(vec![("trace_id".into(), "abc".into())]), None);
    registry.register("traced", "Traced", counter);
    assert_eq!(
        translated(&registry),
        "# HELP age_seconds Age.\n# TYPE age_seconds gauge\nage_seconds 0.5\n\
         # HELP node_info Node.\n# TYPE node_info gauge\nnode_info{zone=\"sur\"} 1\n\
         # HELP traced_total Traced.\n# TYPE traced_total counter\ntraced_total 3\n"
    );
}

#[test]
fn in_open_metrics_infos_and_exemplars_stay() {
    let mut registry = Registry::default();
    registry.register("node", "Node", Info::new(vec![("zone", "sur")]));
    let counter = CounterWithExemplar::<Vec<(String, String)>>::default();
    counter.inc_by(3, Some(vec![("trace_id".into(), "abc".into())]), None);
    registry.register("traced", "Traced", counter);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    assert_eq!(
        written(&text, Format::OpenMetrics),
        "# HELP node_info Node.\n# TYPE node_info gauge\nnode_info{zone=\"sur\"} 1\n\
         # HELP traced Traced.\n# TYPE traced counter\ntraced_total 3 # {trace_id=\"abc\"} 3.0\n"
    );
}

#[test]
fn histograms_keep_the_order_of_their_bounds() {
    let mut registry = Registry::default();
    let family = ClientFamily::<Vec<(String, String)>, Histogram>::new_with_constructor(|| {
        Histogram::new([1.0, 2.0, 10.0])
    });
    for pool in ["b", "a"] {
        family.get_or_create(&vec![("pool".into(), pool.into())]).observe(1.5);
    }
    registry.register("wait", "Wait", family);
    let series = |pool: &str| {
        format!(
            "wait_bucket{{le=\"1.0\",pool=\"{pool}\"}} 0\nwait_bucket{{le=\"2.0\",pool=\"{pool}\"}} 1\n\
             wait_bucket{{le=\"10.0\",pool=\"{pool}\"}} 1\nwait_bucket{{le=\"+Inf\",pool=\"{pool}\"}} 1\n\
             wait_sum{{pool=\"{pool}\"}} 1.5\nwait_count{{pool=\"{pool}\"}} 1\n"
        )
    };
    let expected = format!("# HELP wait Wait.\n# TYPE wait histogram\n{}{}", series("a"), series("b"));
    assert_eq!(translated(&registry), expected);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    assert_eq!(translate(&text, Format::Text)[0].series, 2);
}

#[test]
fn help_with_a_line_feed_forges_nothing() {
    let mut registry = Registry::default();
    registry.register("a", "one\nforged 7\n# EOF\\", Gauge::<i64>::default());
    assert_eq!(translated(&registry), "# HELP a one\n# TYPE a gauge\na 0\n");
}

#[test]
fn families_registered_twice_are_joined() {
    let mut registry = Registry::default();
    for zone in ["sur", "norte"] {
        registry.sub_registry_with_label(("zone".into(), zone.into())).register(
            "load",
            "Load",
            Gauge::<i64>::default(),
        );
    }
    assert_eq!(
        translated(&registry),
        "# HELP load Load.\n# TYPE load gauge\nload{zone=\"norte\"} 0\nload{zone=\"sur\"} 0\n"
    );
}

proptest::proptest! {
    #[test]
    fn any_text_is_translated_to_lines_of_its_own_families(text in ".*", lines in proptest::collection::vec("(# (TYPE|HELP) a (counter|gauge|histogram|info)|a(_total|_bucket)?(\\{[a-z]=\"[^\n]*)? [0-9]|\\PC*)", 0..20)) {
        for input in [text, lines.join("\n")] {
            for family in translate(&input, Format::Text) {
                let text = String::from_utf8(family.bytes).unwrap();
                for line in text.lines().skip(2) {
                    proptest::prop_assert!(line.starts_with(&*family.name), "{line}");
                }
            }
            let _ = translate(&input, Format::Protobuf);
        }
    }
}
