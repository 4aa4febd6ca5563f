//! Back to exactly one colour. All of it can be done again, and is, until it works or time is up.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::cloud::{CallError, Cloud, Listener, Targets};
use crate::colour::{Colour, Weights};

/// Whom to restore, and how long to try.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Restore {
    pub(crate) to: Colour,
    /// Tasks that it needs.
    pub(crate) count: u32,
    /// Tasks that the other colour may keep.
    pub(crate) keep: u32,
    pub(crate) within: Duration,
    pub(crate) poll: Duration,
}

/// What is left over where production itself is right.
pub(crate) type Untidy = Option<String>;

/// Why production is not right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unrestored {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("{0} has {healthy} healthy targets of {1}", healthy = .2.healthy)]
    NotHealthy(Colour, u32, Targets),
    #[error("the weights do not stay: {0}")]
    Weights(Weights),
}

impl Restore {
    /// Everything to one colour, seen twice; then the test listener and the tasks of the other one.
    ///
    /// # Errors
    /// The last reason, when time is up.
    pub(crate) async fn run(&self, cloud: &impl Cloud, tell: impl Fn(&str)) -> Result<Untidy, Unrestored> {
        let until = Instant::now() + self.within;
        let (mut told, mut raised) = (None, false);
        while let Err(why) = self.production(cloud, &mut raised).await {
            if Instant::now() + self.poll >= until {
                return Err(why);
            }
            if told.as_ref() != Some(&why) {
                tell(&format!("{why}; once more"));
                told = Some(why);
            }
            sleep(self.poll).await;
        }
        loop {
            match self.tidy(cloud).await {
                Ok(()) => return Ok(None),
                Err(why) if Instant::now() + self.poll >= until => return Ok(Some(why.to_string())),
                Err(_) => sleep(self.poll).await,
            }
        }
    }

    async fn production(&self, cloud: &impl Cloud, raised: &mut bool) -> Result<(), Unrestored> {
        let wanted = Weights::all(self.to);
        self.make_able(cloud, raised).await?;
        if !cloud.weights(Listener::Production).await?.is(wanted) {
            cloud.set_weights(Listener::Production, wanted).await?;
        }
        // Twice: a change that was given up, and killed, can still arrive.
        for pause in [Duration::ZERO, self.poll] {
            sleep(pause).await;
            let found = cloud.weights(Listener::Production).await?;
            if !found.is(wanted) {
                return Err(Unrestored::Weights(found));
            }
        }
        Ok(())
    }

    /// Requests go to nobody who has no tasks for them.
    async fn make_able(&self, cloud: &impl Cloud, raised: &mut bool) -> Result<(), Unrestored> {
        let service = cloud.service(self.to).await?;
        if service.desired < self.count {
            *raised = true;
            cloud.scale(self.to, self.count).await?;
        }
        // Nobody touched it: it is as able as it was. Where the database is away no target is healthy, and that must not hold it up.
        let untouched = !*raised && (service.running > 0 || self.count == 0);
        if untouched || cloud.weights(Listener::Production).await?.is(Weights::all(self.to)) {
            return Ok(());
        }
        let targets = cloud.targets(self.to).await?;
        let enough = targets.healthy >= self.count;
        if enough { Ok(()) } else { Err(Unrestored::NotHealthy(self.to, self.count, targets)) }
    }

    async fn tidy(&self, cloud: &impl Cloud) -> Result<(), CallError> {
        let idle = self.to.other();
        if !cloud.weights(Listener::Test).await?.is(Weights::all(idle)) {
            cloud.set_weights(Listener::Test, Weights::all(idle)).await?;
        }
        if cloud.service(idle).await?.desired > self.keep {
            cloud.scale(idle, self.keep).await?;
        }
        Ok(())
    }
}
