//! Where there are no control groups, there is nothing to write.

use crate::collect::Asker;
use crate::exposition::Exposition;

/// No control group.
#[derive(Debug)]
pub(crate) struct Cgroup;

impl Cgroup {
    pub(crate) const fn new() -> Self {
        Self
    }

    pub(crate) fn write(&self, _: &mut Exposition, _: &mut Asker<'_>) {}
}
