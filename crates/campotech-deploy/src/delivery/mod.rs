//! A delivery, step by step.

mod run;
mod settings;
mod steps;
#[cfg(test)]
mod tests;

pub(crate) use run::deliver;
pub(crate) use settings::Settings;
