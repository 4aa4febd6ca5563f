//! What a delivery begins with: who is live, and what there is to do. Decisions only.

use serde_json::Value;

use crate::cloud::{Alarms, CallError, Cloud, Definition, Listener};
use crate::colour::{Colour, Weights};
use crate::values::Image;

/// What was found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) production: Weights,
    pub(crate) test: Weights,
    /// What the newest revision of the family is.
    pub(crate) newest: Definition,
    /// What the live colour runs, and how often.
    pub(crate) live: Definition,
    pub(crate) live_count: u32,
    /// Of the colour that is to be live.
    pub(crate) alarms: Alarms,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plan {
    /// It is live already.
    Nothing(Colour),
    Deliver(Delivery),
}

/// From one colour to the other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Delivery {
    pub(crate) old: Colour,
    pub(crate) new: Colour,
    /// Tasks of the old colour, which it has again if anything is wrong.
    pub(crate) old_count: u32,
    pub(crate) revision: Revision,
}

/// Where the image is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Revision {
    There(String),
    ToMake(Value),
}

/// Why nothing was begun.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(
        "the weights of the production listener are {0}: another delivery is at work, or was cut off; if none is at work, end it by `campotech-deploy restore`"
    )]
    Split(Weights),
    #[error(
        "{0} has the requests of both listeners: another delivery bakes, or was cut off; if none is at work, end it by `campotech-deploy restore`"
    )]
    Baking(Colour),
    #[error("the newest revision {revision} has no container `{container}`")]
    NoContainer { revision: String, container: String },
    #[error("nobody made the alarm {0}: there would be nothing to watch")]
    NoAlarm(String),
    #[error(transparent)]
    Call(#[from] CallError),
}

/// Looks, and changes nothing.
pub(crate) async fn look(cloud: &impl Cloud) -> Result<Found, Refusal> {
    let production = cloud.weights(Listener::Production).await?;
    let live = production.live().ok_or(Refusal::Split(production))?;
    let test = cloud.weights(Listener::Test).await?;
    let newest = cloud.newest_definition().await?;
    let service = cloud.service(live).await?;
    Ok(Found {
        production,
        test,
        newest,
        live: cloud.definition(&service.definition).await?,
        live_count: service.desired,
        alarms: cloud.alarms(live.other()).await?,
    })
}

/// What to do with `found`.
pub(crate) fn decide(found: &Found, container: &str, image: &Image) -> Result<Plan, Refusal> {
    let old = found.production.live().ok_or(Refusal::Split(found.production))?;
    if found.test.live() == Some(old) {
        return Err(Refusal::Baking(old));
    }
    if let Some(name) = found.alarms.missing.first() {
        return Err(Refusal::NoAlarm(name.clone()));
    }
    let no_container = || Refusal::NoContainer {
        revision: Definition::short(&found.newest.arn).to_owned(),
        container: container.to_owned(),
    };
    let wanted = found.newest.with_image(container, image.as_str()).ok_or_else(no_container)?;
    // Variables and sizes count, too: a stack's update has made another revision with the same image.
    if same(&wanted, &found.live.content) {
        return Ok(Plan::Nothing(old));
    }
    let revision = if same(&wanted, &found.newest.content) {
        Revision::There(found.newest.arn.clone())
    } else {
        Revision::ToMake(wanted)
    };
    Ok(Plan::Deliver(Delivery { old, new: old.other(), old_count: found.live_count, revision }))
}

/// Lists of objects, such as variables, have no order.
fn same(one: &Value, other: &Value) -> bool {
    sorted(one) == sorted(other)
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), sorted(value))).collect(),
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(sorted).collect();
            if items.iter().all(Value::is_object) {
                items.sort_by_key(Value::to_string);
            }
            items.into()
        }
        plain => plain.clone(),
    }
}

/// Who is to have all requests again when nobody says it.
pub(crate) fn whom_to_restore(production: Weights, test: Weights) -> Whom {
    match (production.live(), test.live()) {
        // The test listener leaves the new colour only when the delivery is decided.
        (Some(live), Some(tested)) if live == tested => Whom::Unfinished(live.other()),
        (Some(live), _) => Whom::Settled(live),
        (None, Some(tested)) => Whom::Unfinished(tested.other()),
        (None, None) if production.blue > production.green => Whom::Unfinished(Colour::Blue),
        (None, None) if production.green > production.blue => Whom::Unfinished(Colour::Green),
        (None, None) => Whom::Unknown,
    }
}

/// See [`whom_to_restore`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    /// No delivery is under way.
    Settled(Colour),
    Unfinished(Colour),
    /// They are equal in everything.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn image(n: u8) -> Image {
        format!("app@sha256:{}", format!("{n:02x}").repeat(32)).parse().unwrap()
    }

    fn content(n: u8, size: &str) -> Value {
        json!({"family": "f", "cpu": size, "containerDefinitions": [
            {"name": "helper", "image": "helper"},
            {"name": "server", "image": image(n).as_str()},
        ]})
    }

    fn definition(revision: u8, n: u8, size: &str) -> Definition {
        Definition { arn: format!("arn:aws:ecs:x:1:task-definition/f:{revision}"), content: content(n, size) }
    }

    fn found(live: Definition, newest: Definition) -> Found {
        Found {
            production: Weights::all(Colour::Blue),
            test: Weights::all(Colour::Green),
            newest,
            live,
            live_count: 3,
            alarms: Alarms::default(),
        }
    }

    #[test]
    fn another_image_goes_to_the_idle_colour() {
        let plan = decide(&found(definition(1, 1, "256"), definition(1, 1, "256")), "server", &image(2));
        let revision = Revision::ToMake(content(2, "256"));
        let delivery = Delivery { old: Colour::Blue, new: Colour::Green, old_count: 3, revision };
        assert_eq!(plan, Ok(Plan::Deliver(delivery)));
    }

    #[test]
    fn the_same_image_is_nothing_to_do() {
        let same = found(definition(1, 1, "256"), definition(1, 1, "256"));
        assert_eq!(decide(&same, "server", &image(1)), Ok(Plan::Nothing(Colour::Blue)));
        // A delivery of another image failed in between.
        let after = found(definition(1, 1, "256"), definition(2, 2, "256"));
        assert_eq!(decide(&after, "server", &image(1)), Ok(Plan::Nothing(Colour::Blue)));
    }

    #[test]
    fn the_same_image_with_other_settings_is_delivered() {
        let updated = found(definition(1, 1, "256"), definition(2, 1, "512"));
        let Ok(Plan::Deliver(delivery)) = decide(&updated, "server", &image(1)) else { panic!() };
        assert_eq!(delivery.revision, Revision::There(definition(2, 1, "512").arn));
    }

    #[test]
    fn variables_have_no_order_and_arguments_do() {
        let one = json!({"command": ["a", "b"], "environment": [{"name": "x"}, {"name": "y"}]});
        assert!(same(&one, &json!({"command": ["a", "b"], "environment": [{"name": "y"}, {"name": "x"}]})));
        assert!(!same(&one, &json!({"command": ["b", "a"], "environment": [{"name": "x"}, {"name": "y"}]})));
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        let refused = |change: fn(&mut Found)| {
            let mut found = found(definition(1, 1, "256"), definition(1, 1, "256"));
            change(&mut found);
            decide(&found, "server", &image(2)).unwrap_err()
        };
        let split = refused(|found| found.production = Weights::share(Colour::Green, 50));
        assert_eq!(split, Refusal::Split(Weights { blue: 50, green: 50 }));
        let baking = refused(|found| found.test = Weights::all(Colour::Blue));
        assert_eq!(baking, Refusal::Baking(Colour::Blue));
        let alarm = refused(|found| found.alarms.missing = vec!["a".to_owned()]);
        assert_eq!(alarm, Refusal::NoAlarm("a".to_owned()));
        let container = refused(|found| found.newest.content["containerDefinitions"] = json!([]));
        assert_eq!(container.to_string(), "the newest revision f:1 has no container `server`");
    }

    #[test]
    fn the_colour_to_restore_is_the_one_that_is_not_tested() {
        use Colour::{Blue, Green};
        let whom = whom_to_restore;
        assert_eq!(whom(Weights::all(Blue), Weights::all(Green)), Whom::Settled(Blue));
        assert_eq!(whom(Weights::all(Green), Weights::all(Green)), Whom::Unfinished(Blue));
        assert_eq!(whom(Weights::share(Green, 90), Weights::all(Green)), Whom::Unfinished(Blue));
        assert_eq!(whom(Weights::share(Green, 50), Weights::all(Blue)), Whom::Unfinished(Green));
        assert_eq!(whom(Weights::share(Green, 60), Weights::share(Green, 50)), Whom::Unfinished(Green));
        assert_eq!(whom(Weights::share(Green, 50), Weights::share(Green, 50)), Whom::Unknown);
    }
}
