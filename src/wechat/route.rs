//! Which host the next request goes to.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::api_base::{ApiBase, Hosts};

/// How long another host stands in before the first one is tried again.
const BACK: Duration = Duration::from_secs(60);

/// The hosts, and which of them takes requests at the moment. A host that takes a request stays until it cannot be
/// reached either; the first one is tried again once a minute, by a single request.
#[derive(Debug)]
pub(crate) struct Route {
    hosts: Hosts,
    away: Mutex<Option<Away>>,
    /// How many requests each host took.
    taken: Box<[AtomicU64]>,
}

/// Another host than the first takes the requests.
#[derive(Debug, Clone, Copy)]
struct Away {
    index: usize,
    /// When the first one was last found out of reach.
    since: Instant,
}

impl Route {
    pub(crate) fn new(hosts: Hosts) -> Self {
        let taken = hosts.all().iter().map(|_| AtomicU64::new(0)).collect();
        Self { hosts, away: Mutex::default(), taken }
    }

    pub(crate) fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// The hosts in the order in which one request tries them, by their index.
    pub(crate) fn order(&self, now: Instant) -> impl Iterator<Item = usize> + use<> {
        let count = self.hosts.all().len();
        let begin = if count == 1 { 0 } else { self.begin(now) };
        (0..count).map(move |step| (begin + step) % count)
    }

    fn begin(&self, now: Instant) -> usize {
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *away {
            None => 0,
            Some(Away { since, .. }) if now.saturating_duration_since(*since) >= BACK => {
                // One request tries whether the first host is back; the others do not wait for it.
                *since = now;
                0
            }
            Some(Away { index, .. }) => *index,
        }
    }

    /// Notes that a host was reached.
    pub(crate) fn reached(&self, index: usize, now: Instant) {
        if let Some(taken) = self.taken.get(index) {
            taken.fetch_add(1, Ordering::Relaxed);
        }
        if self.hosts.all().len() == 1 {
            return;
        }
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        *away = match (&*away, index) {
            (_, 0) => None,
            (Some(before), index) if before.index == index => Some(*before),
            (Some(_) | None, index) => Some(Away { index, since: now }),
        };
    }

    /// The hosts that stood in for the first one, with the requests that they took.
    pub(crate) fn stood_in(&self) -> Vec<(ApiBase, u64)> {
        let taken = self.taken.iter().map(|taken| taken.load(Ordering::Relaxed));
        let others = self.hosts.all().iter().cloned().zip(taken).skip(1);
        others.filter(|(_, taken)| *taken > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(count: usize) -> Route {
        let base = |port: usize| {
            ApiBase::parse(&format!("http://127.0.0.1:{}", port + 1))
                .unwrap_or_else(|error| panic!("{error}"))
        };
        let others = (1..count).map(base).collect();
        Route::new(Hosts::new(base(0), others).unwrap_or_else(|| panic!("all are loopback")))
    }

    fn order(route: &Route, now: Instant) -> Vec<usize> {
        route.order(now).collect()
    }

    #[test]
    fn the_host_that_was_reached_stays_and_the_first_is_tried_once_a_minute() {
        let (route, begun) = (route(3), Instant::now());
        assert_eq!(order(&route, begun), [0, 1, 2]);
        route.reached(1, begun);
        let later = begun + BACK;
        assert_eq!(order(&route, later - Duration::from_secs(1)), [1, 2, 0]);
        assert_eq!(order(&route, later), [0, 1, 2]);
        assert_eq!(order(&route, later), [1, 2, 0], "one request looks, the others go on");
        route.reached(1, later);
        assert_eq!(order(&route, later), [1, 2, 0]);
        route.reached(0, later);
        assert_eq!(order(&route, later), [0, 1, 2]);
        assert_eq!(route.stood_in().into_iter().map(|(_, taken)| taken).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn one_host_is_always_the_first() {
        let (route, now) = (route(1), Instant::now());
        route.reached(0, now);
        assert_eq!(order(&route, now), [0]);
        assert!(route.stood_in().is_empty());
    }
}
