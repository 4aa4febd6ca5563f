//! The layer.

use std::fmt;
use std::marker::PhantomData;

use tower_layer::Layer;

use super::ValidateService;
use crate::limits::Limits;

/// Validates the JSON body of every request as a `T`.
///
/// # Defaults
/// [`Limits::new`]; a `Limits` among the request's extensions goes before.
pub struct ValidateLayer<T> {
    limits: Limits,
    input: PhantomData<fn() -> T>,
}

impl<T> ValidateLayer<T> {
    /// A layer with the defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self { limits: Limits::new(), input: PhantomData }
    }

    /// Sets what a body may cost.
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl<T> Default for ValidateLayer<T> {
    fn default() -> Self {
        Self::new()
    }
}

// By hand: a derive would ask for `T: Clone`.
impl<T> Clone for ValidateLayer<T> {
    fn clone(&self) -> Self {
        Self { limits: self.limits, input: PhantomData }
    }
}

impl<T> fmt::Debug for ValidateLayer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValidateLayer").field("limits", &self.limits).finish()
    }
}

impl<T, S> Layer<S> for ValidateLayer<T> {
    type Service = ValidateService<T, S>;

    fn layer(&self, inner: S) -> Self::Service {
        ValidateService::new(inner, self.limits)
    }
}
