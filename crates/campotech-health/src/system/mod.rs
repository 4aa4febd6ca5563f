//! What the process has of the machine: room on a file system, and memory.

mod disk;
mod levels;
mod memory;
mod usage;

pub use disk::DiskCheck;
pub use memory::MemoryCheck;
