//! The outer tests.
