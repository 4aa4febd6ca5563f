//! Registering and logging in.

use axum::Json;
use axum::extract::State;
use campotech::security::rate_limit::KeyValue;
use campotech::validate::{Email, NewPassword, Password, PlainText, ValidJson, Violation, input};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::ApiError;
use crate::app::App;
use crate::auth::Token;
use crate::domain::{Session, User};

input! {
    /// A new account.
    pub struct Register {
        email: Email,
        /// 15 characters or more; no rules of composition; common ones and those made of own data are refused.
        password: NewPassword,
        name: PlainText<120>,
    }
    check password: unlike_the_user(password, email, name);
}

input! {
    /// What somebody logs in with. The password is taken as it comes: its rules were those of the day it was chosen.
    pub struct Credentials {
        email: Email,
        password: Password,
    }
}

/// The account, and whether the password is its. An unknown address costs as much time as a wrong password.
async fn authenticate(app: &App, key: &str, password: &Password) -> Result<(Option<User>, bool), ApiError> {
    let user = app.store().user_by_email_key(key).await?;
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    let right = app.hasher().verify(password.expose_secret().to_owned(), stored).await?;
    Ok((user, right))
}

fn unlike_the_user(password: &NewPassword, email: &Email, name: &PlainText<120>) -> Result<(), Violation> {
    let mut words = vec![email.local(), email.domain(), "campotech"];
    words.extend(name.as_str().split(' '));
    password.refuse_words(&words)
}

#[derive(Debug, Serialize)]
pub(crate) struct Registered {
    id: Uuid,
    email: String,
    name: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct LoggedIn {
    token: String,
    expires_at: Timestamp,
}

pub(crate) async fn register(
    State(app): State<App>,
    ValidJson(input): ValidJson<Register>,
) -> Result<(StatusCode, Json<Registered>), ApiError> {
    let Register { email, password, name } = input.into_inner();
    let hash = app.hasher().hash(password.expose_secret().to_owned()).await?;
    let user = User::new(email.to_string(), email.comparison_key(), name.to_string(), hash);
    let registered = Registered { id: user.id, email: user.email.clone(), name: user.name.clone() };
    app.store().create_user(user).await?;
    Ok((StatusCode::CREATED, Json(registered)))
}

pub(crate) async fn login(
    State(app): State<App>,
    ValidJson(input): ValidJson<Credentials>,
) -> Result<Json<LoggedIn>, ApiError> {
    let Credentials { email, password } = input.into_inner();
    let key = email.comparison_key();
    let attempt = app.failures().attempt(KeyValue::of(&key)).await;
    let attempt = attempt.map_err(|refused| ApiError::AccountLocked(refused.problem()))?;
    let (user, right) = match authenticate(&app, &key, &password).await {
        Ok(outcome) => outcome,
        Err(error) => {
            // Our own failure is none of the account's.
            attempt.succeeded();
            return Err(error);
        }
    };
    let Some(user) = user.filter(|_| right) else {
        return Err(ApiError::WrongCredentials);
    };
    attempt.succeeded();
    let token = Token::generate().map_err(|error| {
        tracing::error!(%error, "the system has no random numbers");
        ApiError::Problem((&campotech::core::kinds::UNAVAILABLE).into())
    })?;
    let session = Session::starting(token.hash(), user.id, app.now());
    let expires_at = session.expires_at;
    app.store().create_session(session).await?;
    Ok(Json(LoggedIn { token: token.reveal().to_owned(), expires_at }))
}
