//! A set of hashes in few bytes, of which it is known for certain what is not in it (a Bloom filter).

/// Bits for each hash, and those of them that it sets: of a hundred hashes that are not in a set, one
/// seems to be.
const BITS: usize = 10;
const PROBES: u32 = 5;

/// The set of these.
pub(super) fn filter(mut hashes: Vec<u64>) -> Vec<u8> {
    hashes.sort_unstable();
    hashes.dedup();
    let mut bytes = vec![0; (hashes.len() * BITS).div_ceil(8)];
    for hash in hashes {
        for bit in bits(hash, bytes.len()) {
            bytes[bit / 8] |= 1 << (bit % 8);
        }
    }
    bytes
}

/// Whether a hash may be in a set: it may not where this is false.
pub(super) fn may_have(filter: &[u8], hash: u64) -> bool {
    !filter.is_empty() && bits(hash, filter.len()).all(|bit| filter[bit / 8] & 1 << (bit % 8) != 0)
}

/// The bits of a hash in so many bytes.
fn bits(hash: u64, bytes: usize) -> impl Iterator<Item = usize> {
    let (first, step) = (hash as u32, (hash >> 32) as u32 | 1);
    let bits = bytes as u64 * 8;
    (0..PROBES).map(move |probe| {
        let place = first.wrapping_add(step.wrapping_mul(probe));
        ((u64::from(place) * bits) >> 32) as usize
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_it_is_found_and_little_else() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut hashes = || (0..5000).map(|_| random.u64(..)).collect::<Vec<u64>>();
        let (known, others) = (hashes(), hashes());
        let set = filter(known.iter().chain(&known).copied().collect());
        assert_eq!(set.len(), 6250);
        assert!(known.iter().all(|&hash| may_have(&set, hash)));
        let found = others.iter().filter(|&&hash| may_have(&set, hash)).count();
        assert!((1..100).contains(&found), "{found}");
        assert!(!may_have(&filter(Vec::new()), 0));
    }
}
