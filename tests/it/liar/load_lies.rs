//! The liar under load: every lie that a listener or an actor of a load test
//! can be told.

use super::honest::all_pass;
use super::random::OWN_UNDER_LOAD;
use super::telling::all_are_caught;

#[test]
fn every_lie_under_load_is_caught_and_named() {
    all_are_caught(&OWN_UNDER_LOAD, true);
}

#[test]
fn our_own_server_passes_random_scripts_under_load() {
    all_pass("load", &OWN_UNDER_LOAD, || Some(None));
}
