//! Customers: create, list, read.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use campotech::validate::{
    ArPhone, Cuit, Email, Page, PlainText, Uuid, ValidJson, ValidPath, ValidQuery, input,
};
use http::HeaderMap;
use serde::Serialize;

use super::created::created;
use super::viewer::Viewer;
use super::{ApiError, cursor};
use crate::app::App;
use crate::domain::{Customer, NewCustomer};

const LIST: &str = "/api/v1/customers";

input! {
    /// A new customer.
    pub struct CreateCustomer {
        name: PlainText<120>,
        email: Email,
        /// An Argentine phone, as people write it; stored and answered as E.164.
        phone: ArPhone,
        /// With or without hyphens; the check digit is checked.
        cuit: Option<Cuit>,
    }
}

input! {
    /// Which customer.
    pub struct CustomerPath {
        id: Uuid,
    }
}

input! {
    /// Which customers.
    pub struct ListCustomers {
        page: Page,
    }
}

/// A customer as the API shows it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CustomerView {
    id: uuid::Uuid,
    name: String,
    email: String,
    phone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cuit: Option<String>,
    created_at: jiff::Timestamp,
}

pub(crate) async fn create(
    State(app): State<App>,
    Viewer(viewer): Viewer,
    ValidJson(input): ValidJson<CreateCustomer>,
) -> Result<Response, ApiError> {
    let input = input.into_inner();
    let new = NewCustomer {
        name: input.name.to_string(),
        email: input.email.to_string(),
        phone: input.phone.to_string(),
        cuit: input.cuit.map(|cuit| cuit.to_string()),
    };
    let customer = Customer::new(viewer, new, app.now());
    app.store().create_customer(customer.clone()).await?;
    Ok(created(LIST, customer.id, CustomerView::from(customer)))
}

pub(crate) async fn list(
    State(app): State<App>,
    Viewer(viewer): Viewer,
    headers: HeaderMap,
    ValidQuery(query): ValidQuery<ListCustomers>,
) -> Result<Response, ApiError> {
    let ListCustomers { page: Page { limit, cursor } } = query.into_inner();
    let scope = cursor::Scope { list: "customers", viewer, filter: None };
    let after = cursor::open(&app, &scope, cursor.as_ref(), &headers)?;
    let page = app.store().list_customers(viewer, after, limit.get()).await?;
    cursor::answer(&app, &scope, LIST, limit.get(), page, CustomerView::from)
}

pub(crate) async fn read(
    State(app): State<App>,
    Viewer(viewer): Viewer,
    ValidPath(path): ValidPath<CustomerPath>,
) -> Result<Json<CustomerView>, ApiError> {
    let customer = app.store().customer(viewer, uuid::Uuid::from_bytes(*path.id.as_bytes())).await?;
    Ok(Json(customer.into()))
}

impl From<Customer> for CustomerView {
    fn from(customer: Customer) -> Self {
        let Customer { id, name, email, phone, cuit, created_at, .. } = customer;
        Self { id, name, email, phone, cuit, created_at }
    }
}
