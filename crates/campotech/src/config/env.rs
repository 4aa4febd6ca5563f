//! Where values come from, and what is said about them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

/// A declared environment variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The value it has when it is unset, as one would write it; none where unset means something of its own.
    pub default: Option<&'static str>,
    /// What it is for.
    pub meaning: &'static str,
    /// A value that is right.
    pub example: &'static str,
    /// Whether its value is masked wherever it is shown.
    pub secret: bool,
}

/// Where an effective value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The environment.
    Environment,
    /// The declared default.
    Default,
    /// Neither: it is unset.
    Unset,
}

/// A variable and the value in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The variable.
    pub variable: &'static Variable,
    /// The value as text, masked where it is a secret.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// A variable with a value that is wrong. It shows as one line and never repeats the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// The variable's name.
    pub name: String,
    /// What is wrong with its value.
    pub problem: String,
    /// A value that is right.
    pub example: &'static str,
}

/// Every fault of the configuration, a line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFaults(pub Vec<ConfigFault>);

/// The environment that variables are read from; keeps what is in force and what is wrong.
///
/// An empty value counts as unset, as compose files and unit files write it.
pub struct Env {
    values: BTreeMap<String, OsString>,
    effective: Vec<Effective>,
    faults: Vec<ConfigFault>,
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, for example {}={}", self.name, self.problem, self.name, self.example)
    }
}

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            let end = if i == 0 { "" } else { "\n" };
            write!(f, "{end}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigFaults {}

// The environment of a process holds secrets, also those of others.
impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env")
            .field("effective", &self.effective)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl Env {
    /// The environment of this process.
    #[must_use]
    pub fn process() -> Self {
        Self::of(std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))))
    }

    /// An environment of these pairs.
    pub fn of<N: Into<String>, V: Into<OsString>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let values = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { values, effective: Vec::new(), faults: Vec::new() }
    }

    /// The parsed value of `variable`: the environment's, else the default's, else none.
    ///
    /// A value that does not parse is noted as a fault (see [`finish`](Self::finish)) and the default goes on in its
    /// place, so that one run finds every fault.
    pub fn optional<T>(
        &mut self,
        variable: &'static Variable,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let given = self.values.get(variable.name).filter(|value| !value.is_empty()).cloned();
        let (text, origin) = match (&given, variable.default) {
            (Some(value), _) => (value.to_str(), Origin::Environment),
            (None, Some(default)) => (Some(default), Origin::Default),
            (None, None) => (Some(""), Origin::Unset),
        };
        let shown = match (text, origin) {
            (_, Origin::Unset) => String::new(),
            (_, Origin::Environment) if variable.secret => "********".to_owned(),
            (text, _) => text.unwrap_or("(not UTF-8)").to_owned(),
        };
        self.effective.push(Effective { variable, value: shown, origin });
        let parsed = match (text, origin) {
            (_, Origin::Unset) => return None,
            (Some(text), _) => parse(text),
            (None, _) => Err("is not UTF-8".to_owned()),
        };
        match parsed {
            Ok(value) => Some(value),
            Err(problem) => {
                self.fault(variable, problem);
                variable.default.and_then(|default| parse(default).ok())
            }
        }
    }

    /// As [`optional`](Self::optional), for a variable with a default.
    ///
    /// # Panics
    /// If the declared default is missing or does not parse: a fault of the program, not of the environment.
    pub fn required<T>(
        &mut self,
        variable: &'static Variable,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> T {
        self.optional(variable, parse)
            .unwrap_or_else(|| unreachable!("the default of {} does not parse", variable.name))
    }

    /// Notes that the value of `variable` is wrong.
    pub fn fault(&mut self, variable: &'static Variable, problem: impl Into<String>) {
        let fault = ConfigFault {
            name: variable.name.to_owned(),
            problem: problem.into(),
            example: variable.example,
        };
        self.faults.push(fault);
    }

    /// What is in force, in the order it was read.
    #[must_use]
    pub fn effective(&self) -> &[Effective] {
        &self.effective
    }

    /// Names that start with `prefix` and that nobody read: most likely misspelt.
    #[must_use]
    pub fn unread(&self, prefix: &str) -> Vec<&str> {
        let read = |name: &str| self.effective.iter().any(|e| e.variable.name == name);
        self.values
            .keys()
            .map(String::as_str)
            .filter(|name| name.starts_with(prefix) && !read(name))
            .collect()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Every fault that was found.
    pub fn finish(&mut self) -> Result<(), ConfigFaults> {
        if self.faults.is_empty() { Ok(()) } else { Err(ConfigFaults(std::mem::take(&mut self.faults))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static PORT: Variable =
        Variable { name: "PORT", default: Some("80"), meaning: "a port", example: "8080", secret: false };
    static TOKEN: Variable =
        Variable { name: "TOKEN", default: None, meaning: "a token", example: "abc", secret: true };

    fn port(text: &str) -> Result<u16, String> {
        text.parse().map_err(|_| "is not a port".to_owned())
    }

    #[test]
    fn a_wrong_value_is_one_line_that_does_not_repeat_it() {
        let mut env = Env::of([("PORT", "hunter2")]);
        assert_eq!(env.required(&PORT, port), 80);
        let faults = env.finish().unwrap_err();
        assert_eq!(faults.to_string(), "PORT: is not a port, for example PORT=8080");
    }

    #[test]
    fn empty_is_unset_and_secrets_are_masked() {
        let mut env = Env::of([("PORT", ""), ("TOKEN", "hunter2")]);
        assert_eq!(env.required(&PORT, port), 80);
        assert_eq!(env.optional(&TOKEN, |t| Ok(t.to_owned())).as_deref(), Some("hunter2"));
        assert_eq!(env.effective()[0].origin, Origin::Default);
        assert_eq!(env.effective()[1].value, "********");
        env.finish().unwrap();
    }

    #[test]
    fn names_that_nobody_reads_are_found() {
        let env = Env::of([("CAMPOTECH_LISTN", "x"), ("HOME", "y")]);
        assert_eq!(env.unread("CAMPOTECH_"), ["CAMPOTECH_LISTN"]);
    }
}
