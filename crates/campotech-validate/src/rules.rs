//! The second phase: rules that only somebody else can answer, a database for example.

use std::error::Error;
use std::future::Future;

use campotech_core::FaultLocation;

use crate::report::{Issue, LISTED, Rejection, Violation};
use crate::valid::Valid;

/// Rules of a valid `T` that have to be asked for, in the `context` of whoever can tell.
///
/// They run when all others have passed, so that nobody is asked about what is wrong anyway, and end in the same report.
///
/// ```
/// use campotech_validate::{codes, input, validate_json, AsyncRules, CheckError, Email, Findings, Limits, Rejection};
///
/// input! {
///     /// A new account.
///     #[derive(Debug)]
///     pub struct Register { pub email: Email }
/// }
///
/// /// Where accounts are.
/// struct Accounts;
///
/// impl Accounts {
///     async fn has(&self, email: &Email) -> std::io::Result<bool> {
///         Ok(email.comparison_key() == "ana@example.com")
///     }
/// }
///
/// impl AsyncRules<Accounts> for Register {
///     type Error = std::io::Error;
///
///     async fn check(&self, accounts: &Accounts, findings: &mut Findings) -> Result<(), Self::Error> {
///         if accounts.has(&self.email).await? {
///             findings.conflict("#/email", &codes::TAKEN);
///         }
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Rejection> {
/// let account = validate_json::<Register>(br#"{"email": "Ana@example.com"}"#, &Limits::new())?;
/// let error = account.check_with(&Accounts).await.unwrap_err();
/// assert_eq!(Rejection::from(error).status(), 409);
/// # Ok(()) }
/// ```
pub trait AsyncRules<C: ?Sized> {
    /// Why a rule could not be checked.
    type Error;

    /// Checks the rules; what is wrong goes into `findings`.
    ///
    /// # Errors
    /// Nobody could tell: the request is answered with a 503, since the input may well be right.
    fn check(
        &self,
        context: &C,
        findings: &mut Findings,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// What [`AsyncRules`] found to be wrong.
#[derive(Debug, Default)]
pub struct Findings {
    issues: Vec<Issue>,
    found: usize,
    conflicts: usize,
}

/// Why [`Valid::check_with`] has no value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError<E> {
    /// The input is wrong: 422, or 409 where it only conflicts with what is there.
    #[error(transparent)]
    Refused(Rejection),
    /// A rule could not be checked: 503.
    #[error("a rule could not be checked")]
    Failed(#[source] E),
}

impl Findings {
    /// Reports a fault of the body at `pointer`, in fragment form and wire names (`#/email`).
    pub fn report(&mut self, pointer: &str, violation: impl Into<Violation>) {
        self.found += 1;
        if self.issues.len() < LISTED {
            self.issues.push(Issue::new(FaultLocation::Pointer(pointer.to_owned()), violation.into()));
        }
    }

    /// Reports what is right by itself and conflicts with what is there. Nothing but conflicts makes a 409.
    pub fn conflict(&mut self, pointer: &str, violation: impl Into<Violation>) {
        self.report(pointer, violation);
        self.conflicts += 1;
    }

    fn finish(self) -> Result<(), Rejection> {
        if self.found == 0 {
            return Ok(());
        }
        let truncated = self.found > self.issues.len();
        Err(Rejection::of_findings(self.issues, truncated, self.conflicts == self.found))
    }
}

impl<T> Valid<T> {
    /// The value, if its [`AsyncRules`] hold, too.
    ///
    /// # Errors
    /// What they found, or that they could not be checked.
    pub async fn check_with<C: ?Sized>(self, context: &C) -> Result<Self, CheckError<T::Error>>
    where
        T: AsyncRules<C>,
    {
        let mut findings = Findings::default();
        self.check(context, &mut findings).await.map_err(CheckError::Failed)?;
        findings.finish().map_err(CheckError::Refused)?;
        Ok(self)
    }
}

/// The error of a rule that could not be checked is the [`source`](Error::source) of its 503, for whoever logs it.
impl<E: Into<Box<dyn Error + Send + Sync>>> From<CheckError<E>> for Rejection {
    fn from(error: CheckError<E>) -> Self {
        match error {
            CheckError::Refused(rejection) => rejection,
            CheckError::Failed(error) => Self::unavailable(error.into()),
        }
    }
}
