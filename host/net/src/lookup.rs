//! From a name to the addresses that may be connected.
//!
//! Invariants: a name is looked up once; one address out of bounds spoils all of them; a wait ends with its connection.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use url::Host;

use crate::address::{Reach, reach};
use crate::error::{NetError, Rule};
use crate::port::Resolver;
use crate::stop::{LOOK_EVERY, Stop};
use crate::target::Target;

/// Longest wait for a look-up: as long as for a connection.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Most addresses of one name: a name with more is not a service but an experiment.
const ADDRESSES_MAX: usize = 64;

/// Finds the addresses of a target, while its request has time; one that is an address itself is not looked up.
pub(crate) fn look_up(
    resolver: &Arc<dyn Resolver>,
    stop: &Stop,
    target: &Target,
    until: Instant,
) -> Result<Vec<IpAddr>, NetError> {
    let name = match &target.origin.host {
        Host::Ipv4(address) => return Ok(vec![(*address).into()]),
        Host::Ipv6(address) => return Ok(vec![(*address).into()]),
        Host::Domain(name) => name.clone(),
    };
    let unresolved = || NetError::Unresolved { host: target.host.clone() };
    // getaddrinfo can't be ended, so it gets a thread that may outlive the wait; the system's own limit ends it.
    let (found, answer) = mpsc::sync_channel(1);
    let resolver = Arc::clone(resolver);
    let look_up = move || {
        // Nobody listens any more when the wait was over first.
        let _ = found.send(resolver.resolve(&name));
    };
    std::thread::Builder::new().name("resolve".into()).spawn(look_up).map_err(|_| unresolved())?;
    let begun = Instant::now();
    let found = loop {
        match answer.recv_timeout(LOOK_EVERY) {
            _ if stop.is_asked() => return Err(NetError::Stopped),
            Ok(found) => break found,
            Err(RecvTimeoutError::Timeout) if Instant::now() >= until => return Err(unresolved()),
            Err(RecvTimeoutError::Timeout) if begun.elapsed() < RESOLVE_TIMEOUT => {}
            Err(_) => return Err(unresolved()),
        }
    };
    match found {
        Ok(found) if (1..=ADDRESSES_MAX).contains(&found.len()) => Ok(found),
        Ok(_) | Err(_) => Err(unresolved()),
    }
}

/// Refuses all addresses when one is out of bounds: which of them is connected is not ours to choose.
pub(crate) fn allowed(addresses: &[IpAddr], typed: bool) -> Result<(), Rule> {
    addresses.iter().try_for_each(|&address| match reach(address) {
        Reach::Public => Ok(()),
        Reach::Own(_) if typed => Ok(()),
        Reach::Own(range) => Err(Rule::OwnNetwork { address, range }),
        Reach::Never(range) => Err(Rule::Address { address, range }),
    })
}
