//! What is where.

use crate::cloud::{CallError, Cloud, Definition, Listener};
use crate::colour::Colour;
use crate::plan::{Whom, whom_to_restore};

/// All of it in a few lines, and whether no delivery is under way.
pub(crate) async fn status(cloud: &impl Cloud, container: &str) -> Result<(Vec<String>, bool), CallError> {
    let production = cloud.weights(Listener::Production).await?;
    let test = cloud.weights(Listener::Test).await?;
    let mut lines = vec![format!("production  {production}"), format!("test        {test}")];
    for colour in Colour::BOTH {
        let service = cloud.service(colour).await?;
        let definition = cloud.definition(&service.definition).await?;
        let image = definition.image(container).unwrap_or("no such container");
        let targets = cloud.targets(colour).await?;
        let alarms = cloud.alarms(colour).await?;
        let loud = if alarms.loud.is_empty() { "none".to_owned() } else { alarms.loud.join(", ") };
        lines.push(format!("{colour:<11} {} {image}", Definition::short(&definition.arn)));
        lines.push(format!(
            "            tasks {} of {}, targets {} healthy, {} not; in ALARM: {loud}",
            service.running, service.desired, targets.healthy, targets.others
        ));
        for name in alarms.missing {
            lines.push(format!("            nobody made the alarm {name}"));
        }
    }
    let whom = whom_to_restore(production, test);
    lines.push(match whom {
        Whom::Settled(live) => format!("{live} has all requests"),
        Whom::Unfinished(old) => {
            format!("a delivery is under way, or was cut off; `restore` goes back to {old}")
        }
        Whom::Unknown => "a delivery is under way, or was cut off; `restore --to COLOUR` ends it".to_owned(),
    });
    Ok((lines, matches!(whom, Whom::Settled(_))))
}
