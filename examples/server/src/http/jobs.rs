//! Jobs: create, list, read, move along.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use campotech::validate::{
    ArPhone, Email, MultilineText, Page, PlainText, Timestamp, Uuid, ValidJson, ValidPath, ValidQuery, input,
};
use http::HeaderMap;
use serde::Serialize;

use super::created::created;
use super::viewer::Viewer;
use super::{ApiError, cursor};
use crate::app::App;
use crate::domain::{Job, JobKind, JobStatus, NewJob, Priority, timestamp};
use crate::store::JobQuery;

const LIST: &str = "/api/v1/jobs";

input! {
    /// How soon.
    pub enum WirePriority as "Priority" { Low = "low", Normal = "normal", High = "high", Urgent = "urgent" }
}

input! {
    /// How far along.
    pub enum WireStatus as "JobStatus" {
        Open = "open", Assigned = "assigned", InProgress = "in_progress", Done = "done", Cancelled = "cancelled",
    }
}

input! {
    /// A new job.
    pub struct CreateJob {
        title: PlainText<120>,
        description: Option<MultilineText<2000>>,
        /// An Argentine phone, as people write it; stored and answered as E.164.
        customer_phone: ArPhone,
        customer_email: Option<Email>,
        priority: WirePriority,
        /// RFC 3339 with an offset.
        scheduled_at: Option<Timestamp>,
    }
}

input! {
    /// What changes of a job.
    pub struct ChangeJob {
        status: WireStatus,
    }
}

input! {
    /// Which job.
    pub struct JobPath {
        id: Uuid,
    }
}

input! {
    /// Which jobs.
    pub struct ListJobs {
        page: Page,
        status: Option<WireStatus>,
    }
}

/// A job as the API shows it: the owner is nobody's business.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct JobView {
    id: uuid::Uuid,
    kind: JobKind,
    status: JobStatus,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    customer_phone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_email: Option<String>,
    priority: Priority,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_at: Option<jiff::Timestamp>,
    created_at: jiff::Timestamp,
    updated_at: jiff::Timestamp,
}

pub(crate) async fn create(
    State(app): State<App>,
    Viewer(viewer): Viewer,
    ValidJson(input): ValidJson<CreateJob>,
) -> Result<Response, ApiError> {
    let input = input.into_inner();
    let new = NewJob {
        title: input.title.to_string(),
        description: input.description.map(|text| text.to_string()),
        customer_phone: input.customer_phone.to_string(),
        customer_email: input.customer_email.map(|email| email.to_string()),
        priority: input.priority.into(),
        scheduled_at: input.scheduled_at.map(|time| timestamp(time.into())),
    };
    let job = Job::new(JobKind::Api, Some(viewer), new, app.now());
    app.store().create_job(job.clone()).await?;
    app.created(&job);
    Ok(created(LIST, job.id, JobView::from(job)))
}

pub(crate) async fn list(
    State(app): State<App>,
    Viewer(viewer): Viewer,
    headers: HeaderMap,
    ValidQuery(query): ValidQuery<ListJobs>,
) -> Result<Response, ApiError> {
    let ListJobs { page: Page { limit, cursor }, status } = query.into_inner();
    let scope =
        cursor::Scope { list: "jobs", viewer, filter: status.map(|status| JobStatus::from(status).as_str()) };
    let after = cursor::open(&app, &scope, cursor.as_ref(), &headers)?;
    let query = JobQuery { status: status.map(Into::into), after, limit: limit.get() };
    let page = app.store().list_jobs(viewer, query).await?;
    cursor::answer(&app, &scope, LIST, limit.get(), page, JobView::from)
}

pub(crate) async fn read(
    State(app): State<App>,
    Viewer(viewer): Viewer,
    ValidPath(path): ValidPath<JobPath>,
) -> Result<Json<JobView>, ApiError> {
    let job = app.store().job(viewer, uuid::Uuid::from_bytes(*path.id.as_bytes())).await?;
    Ok(Json(job.into()))
}

pub(crate) async fn change(
    State(app): State<App>,
    Viewer(viewer): Viewer,
    ValidPath(path): ValidPath<JobPath>,
    ValidJson(input): ValidJson<ChangeJob>,
) -> Result<Json<JobView>, ApiError> {
    let status = input.into_inner().status.into();
    let change = app
        .store()
        .update_job_status(viewer, uuid::Uuid::from_bytes(*path.id.as_bytes()), status, app.now())
        .await?;
    if change.changed {
        app.updated(&change);
    }
    Ok(Json(change.job.into()))
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        Self {
            id: job.id,
            kind: job.kind,
            status: job.status,
            title: job.title,
            description: job.description,
            customer_phone: job.customer_phone,
            customer_email: job.customer_email,
            priority: job.priority,
            scheduled_at: job.scheduled_at,
            created_at: job.created_at,
            updated_at: job.updated_at,
        }
    }
}

impl From<WirePriority> for Priority {
    fn from(priority: WirePriority) -> Self {
        match priority {
            WirePriority::Low => Self::Low,
            WirePriority::Normal => Self::Normal,
            WirePriority::High => Self::High,
            WirePriority::Urgent => Self::Urgent,
        }
    }
}

impl From<WireStatus> for JobStatus {
    fn from(status: WireStatus) -> Self {
        match status {
            WireStatus::Open => Self::Open,
            WireStatus::Assigned => Self::Assigned,
            WireStatus::InProgress => Self::InProgress,
            WireStatus::Done => Self::Done,
            WireStatus::Cancelled => Self::Cancelled,
        }
    }
}
