//! What a stack says about itself.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::aws::Aws;
use crate::cloud::CallError;
use crate::colour::Colour;

/// Outputs of `service.yaml` that a delivery relies on.
#[derive(Debug, Clone)]
pub(crate) struct Outputs {
    pub(crate) cluster: String,
    pub(crate) container: String,
    pub(crate) family: String,
    pub(crate) task_count: u32,
    pub(crate) production_listener: String,
    pub(crate) test_listener: String,
    pub(crate) test_url: Option<String>,
    pub(crate) production_url: Option<String>,
    blue: Side,
    green: Side,
}

/// What belongs to one colour.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    pub(crate) service: String,
    pub(crate) target_group: String,
    pub(crate) alarms: Vec<String>,
}

/// Outputs that are not those of `service.yaml`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputsError {
    #[error("can't read {path}: {why}")]
    File { path: String, why: String },
    #[error("the outputs are neither a list of OutputKey and OutputValue nor an object of texts")]
    Shape,
    #[error("the output {0} is missing")]
    Missing(&'static str),
    #[error("the output TaskCount is `{0}`, not a number of at least 1")]
    TaskCount(String),
    #[error("no stack has that name")]
    NoStack,
    #[error(transparent)]
    Call(#[from] CallError),
}

/// As `describe-stacks` prints them, or as people write them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    List(Vec<Pair>),
    Object(BTreeMap<String, String>),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pair {
    output_key: String,
    output_value: String,
}

impl Outputs {
    pub(crate) async fn of_stack(aws: &Aws, stack: &str) -> Result<Self, OutputsError> {
        let said = aws.call("cloudformation", "describe-stacks", &["--stack-name", stack]).await?;
        let found = said["Stacks"].get(0).ok_or(OutputsError::NoStack)?;
        Self::from_json(found["Outputs"].clone())
    }

    pub(crate) fn of_file(path: &Path) -> Result<Self, OutputsError> {
        let wrong = |why: String| OutputsError::File { path: path.display().to_string(), why };
        let text = std::fs::read_to_string(path).map_err(|why| wrong(why.to_string()))?;
        Self::from_json(serde_json::from_str(&text).map_err(|why| wrong(why.to_string()))?)
    }

    fn from_json(json: Value) -> Result<Self, OutputsError> {
        let values = match serde_json::from_value(json).map_err(|_| OutputsError::Shape)? {
            Written::Object(values) => values,
            Written::List(list) => {
                list.into_iter().map(|pair| (pair.output_key, pair.output_value)).collect()
            }
        };
        let get = |name: &'static str| {
            values.get(name).filter(|value| !value.is_empty()).cloned().ok_or(OutputsError::Missing(name))
        };
        let side = |service, target_group, alarms| {
            let alarms = get(alarms)?.split(',').map(|name| name.trim().to_owned()).collect();
            Ok::<_, OutputsError>(Side { service: get(service)?, target_group: get(target_group)?, alarms })
        };
        let count = get("TaskCount")?;
        Ok(Self {
            cluster: get("ClusterName")?,
            container: get("ContainerName")?,
            family: get("TaskDefinitionFamily")?,
            task_count: count
                .parse()
                .ok()
                .filter(|&count| count > 0)
                .ok_or(OutputsError::TaskCount(count))?,
            production_listener: get("ProductionListenerArn")?,
            test_listener: get("TestListenerArn")?,
            test_url: get("TestUrl").ok(),
            production_url: get("ProductionUrl").ok(),
            blue: side("BlueServiceName", "BlueTargetGroupArn", "BlueAlarms")?,
            green: side("GreenServiceName", "GreenTargetGroupArn", "GreenAlarms")?,
        })
    }

    pub(crate) const fn side(&self, colour: Colour) -> &Side {
        match colour {
            Colour::Blue => &self.blue,
            Colour::Green => &self.green,
        }
    }

    /// Leaves these alarms out, for a delivery that mends what they are about.
    pub(crate) fn ignore(&mut self, names: &[String]) -> Result<(), String> {
        for name in names {
            let known = |side: &Side| side.alarms.contains(name);
            if !known(&self.blue) && !known(&self.green) {
                return Err(format!("`{name}` is no alarm of this stack"));
            }
            for side in [&mut self.blue, &mut self.green] {
                side.alarms.retain(|alarm| alarm != name);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const NAMES: [&str; 12] = [
        "ClusterName",
        "ContainerName",
        "TaskDefinitionFamily",
        "TaskCount",
        "ProductionListenerArn",
        "TestListenerArn",
        "BlueServiceName",
        "BlueTargetGroupArn",
        "BlueAlarms",
        "GreenServiceName",
        "GreenTargetGroupArn",
        "GreenAlarms",
    ];

    fn value(name: &str) -> &str {
        match name {
            "TaskCount" => "2",
            "GreenAlarms" => "green-errors, shared",
            "BlueAlarms" => "blue-errors,shared",
            name => name,
        }
    }

    fn object() -> serde_json::Map<String, Value> {
        NAMES.iter().map(|&name| (name.to_owned(), value(name).into())).collect()
    }

    #[test]
    fn a_list_and_an_object_say_the_same() {
        let list: Vec<_> = NAMES
            .iter()
            .map(
                |&name| serde_json::json!({"OutputKey": name, "OutputValue": value(name), "ExportName": "x"}),
            )
            .collect();
        for json in [Value::Array(list), Value::Object(object())] {
            let outputs = Outputs::from_json(json).unwrap();
            assert_eq!((outputs.task_count, outputs.test_url.as_deref()), (2, None));
            assert_eq!(outputs.side(Colour::Green).alarms, ["green-errors", "shared"]);
            assert_eq!(outputs.side(Colour::Blue).service, "BlueServiceName");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        for name in NAMES {
            let mut object = object();
            object.remove(name);
            let said = Outputs::from_json(object.into()).unwrap_err().to_string();
            assert_eq!(said, format!("the output {name} is missing"));
        }
        let mut object = object();
        object.insert("TaskCount".to_owned(), "0".into());
        assert!(matches!(Outputs::from_json(object.into()), Err(OutputsError::TaskCount(_))));
        assert!(matches!(Outputs::from_json(Value::Null), Err(OutputsError::Shape)));
    }

    #[test]
    fn an_alarm_is_ignored_for_both_and_a_misspelt_one_refused() {
        let mut outputs = Outputs::from_json(object().into()).unwrap();
        outputs.ignore(&["shared".to_owned()]).unwrap();
        assert_eq!(outputs.side(Colour::Green).alarms, ["green-errors"]);
        assert_eq!(outputs.side(Colour::Blue).alarms, ["blue-errors"]);
        assert!(outputs.ignore(&["shard".to_owned()]).is_err());
    }
}
