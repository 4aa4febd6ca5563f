//! Faults that only a test inside can make: a disk that fails, changes that panic, records that can't be
//! read.

mod damage;
mod disk;
mod faults;
mod heard;
