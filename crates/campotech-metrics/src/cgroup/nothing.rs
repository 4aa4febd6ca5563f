//! Where there are no control groups, there is nothing to write.

use crate::text::Exposition;

/// No control group.
#[derive(Debug)]
pub(crate) struct Cgroup;

impl Cgroup {
    pub(crate) const fn new() -> Self {
        Self
    }

    pub(crate) fn write(&self, out: &mut Exposition) {
        let _ = out;
    }
}
