//! What the routes take in, for the OpenAPI document: as it is validated.

use campotech::validate::schema::{Definitions, ParameterPlace, parameters};
use serde_json::{Map, Value};

use super::accounts::{Credentials, Register};
use super::customers::{CreateCustomer, CustomerPath, ListCustomers};
use super::jobs::{ChangeJob, CreateJob, JobPath, ListJobs};

/// What goes into the document.
pub(crate) struct Contract {
    /// Schemas by their names.
    pub(crate) schemas: Map<String, Value>,
    /// Parameters by the `operationId` of those who read them.
    pub(crate) parameters: [(&'static str, Vec<Value>); 5],
}

impl Contract {
    pub(crate) fn new() -> Self {
        let definitions = Definitions::of_openapi().with::<Register>().with::<Credentials>();
        let definitions = definitions.with::<CreateJob>().with::<ChangeJob>();
        let mut definitions = definitions.with::<CreateCustomer>();
        let parameters = [
            ("listJobs", parameters::<ListJobs>(ParameterPlace::Query, &mut definitions)),
            ("readJob", parameters::<JobPath>(ParameterPlace::Path, &mut definitions)),
            ("changeJob", parameters::<JobPath>(ParameterPlace::Path, &mut definitions)),
            ("listCustomers", parameters::<ListCustomers>(ParameterPlace::Query, &mut definitions)),
            ("readCustomer", parameters::<CustomerPath>(ParameterPlace::Path, &mut definitions)),
        ];
        Self { schemas: definitions.into_schemas(), parameters }
    }
}
