//! Counts the rooms that people of each network, and of each site, have made. One that has been empty
//! for some time does not count: see [`super::empty_rooms`].

use super::network::site_of;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most rooms of one network at a time.
///
/// With the 128 connections that an address may have, each can make four, which is enough for a
/// school behind one address with a room for each class and group. Without the bound they could
/// make 6,400.
pub(super) const MOST_OF_NETWORK: usize = 500;

/// The same for a site, all of whose networks may belong to one person.
const MOST_OF_SITE: usize = 4 * MOST_OF_NETWORK;

/// At most as many entries as there are rooms.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct MadeRooms {
    networks: Counts,
    sites: Counts,
}

/// By network or site; no count is 0.
type Counts = BTreeMap<Arc<str>, usize>;

impl MadeRooms {
    pub(super) fn add(&mut self, network: &Arc<str>) {
        *self.networks.entry(Arc::clone(network)).or_default() += 1;
        *self.sites.entry(site_of(network)).or_default() += 1;
    }

    pub(super) fn remove(&mut self, network: &str) {
        subtract(&mut self.networks, network);
        subtract(&mut self.sites, &site_of(network));
    }

    /// Whether a network, or its site, has reached its bound.
    pub(super) fn is_full(&self, network: &str) -> bool {
        let has = |counts: &Counts, name: &str, most| counts.get(name).is_some_and(|&count| count >= most);
        has(&self.networks, network, MOST_OF_NETWORK) || has(&self.sites, &site_of(network), MOST_OF_SITE)
    }
}

fn subtract(counts: &mut Counts, name: &str) {
    if let Some(count) = counts.get_mut(name) {
        *count -= 1;
        if *count == 0 {
            counts.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A v6 site has 65,536 networks.
    #[test]
    fn the_networks_of_a_site_make_so_many_together() {
        let mut made = MadeRooms::default();
        let network = |at: usize| Arc::from(format!("2001:db8:0:{at:x}::"));
        for at in 0..MOST_OF_SITE {
            assert!(!made.is_full(&network(at)));
            made.add(&network(at));
        }
        assert!(made.is_full(&network(MOST_OF_SITE)) && !made.is_full("2001:db8:1::"));
        made.remove(&network(3));
        assert!(!made.is_full(&network(3)));
        (0..MOST_OF_SITE).filter(|&at| at != 3).for_each(|at| made.remove(&network(at)));
        assert_eq!(made, MadeRooms::default());
    }

    /// A v4 address with a zero at its end is written as its site is.
    #[test]
    fn an_address_is_told_from_its_site() {
        let mut made = MadeRooms::default();
        let hosts = [Arc::from("10.0.0.1"), Arc::from("10.0.0.2")];
        (0..MOST_OF_NETWORK).for_each(|at| made.add(&hosts[at % 2]));
        assert!(!made.is_full("10.0.0.0"));
    }
}
