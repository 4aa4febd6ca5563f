//! What each step does.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::cloud::{Cloud, Listener};
use crate::colour::Weights;
use crate::fault::Fault;
use crate::machine::Step;
use crate::plan::{Delivery, Revision};
use crate::stop::Stop;

use super::Settings;

/// A delivery's steps, and what one has to know of those before.
#[derive(Debug)]
pub(super) struct Steps<'a, C> {
    cloud: &'a C,
    delivery: &'a Delivery,
    settings: &'a Settings,
    revision: Option<String>,
    /// What the production listener has to have, unless somebody else was there.
    weights: Weights,
}

impl<'a, C: Cloud> Steps<'a, C> {
    pub(super) fn new(cloud: &'a C, delivery: &'a Delivery, settings: &'a Settings) -> Self {
        Self { cloud, delivery, settings, revision: None, weights: Weights::all(delivery.old) }
    }

    pub(super) fn revision(&self) -> Option<&str> {
        self.revision.as_deref()
    }

    /// Does a step. Whoever only waits is left at once when somebody asks to stop; a change is never cut off in the
    /// middle, since it could arrive after the way back.
    pub(super) async fn perform(&mut self, step: Step, stop: &Stop) -> Result<(), Fault> {
        if step.only_waits() {
            return tokio::select! {
                biased;
                asked = stop.wait() => Err(Fault::Stopped(asked)),
                done = self.wait(step) => done,
            };
        }
        self.change(step).await
    }

    async fn change(&mut self, step: Step) -> Result<(), Fault> {
        match step {
            Step::Register => self.register().await,
            Step::StartGreen => self.start().await,
            Step::Shift(share) => self.shift(share).await,
            Step::Release => self.release().await,
            Step::StopOld => Ok(self.cloud.scale(self.delivery.old, self.settings.keep).await?),
            _ => Ok(()),
        }
    }

    async fn wait(&self, step: Step) -> Result<(), Fault> {
        match step {
            Step::AwaitHealthy => self.await_healthy().await,
            Step::Smoke => self.smoke(Listener::Test).await,
            Step::AwaitQuiet => self.await_quiet().await,
            Step::Pause => self.watch(self.settings.step_pause).await,
            Step::Bake => self.watch(self.settings.bake).await,
            Step::AskAsClients => self.smoke(Listener::Production).await,
            _ => Ok(()),
        }
    }

    async fn register(&mut self) -> Result<(), Fault> {
        self.revision = Some(match &self.delivery.revision {
            Revision::There(arn) => arn.clone(),
            Revision::ToMake(content) => self.cloud.register(content).await?,
        });
        Ok(())
    }

    async fn start(&self) -> Result<(), Fault> {
        let revision = self.revision.as_deref().unwrap_or_default();
        self.cloud.start(self.delivery.new, revision, self.settings.count).await?;
        let tested = Weights::all(self.delivery.new);
        if self.cloud.weights(Listener::Test).await?.live() != tested.live() {
            self.cloud.set_weights(Listener::Test, tested).await?;
        }
        Ok(())
    }

    async fn await_healthy(&self) -> Result<(), Fault> {
        let within = self.settings.healthy_within;
        let colour = self.delivery.new;
        let end = |why| Fault::NotHealthy { colour, within, why };
        self.until(within, end, async || self.is_healthy().await).await
    }

    /// Healthy, and nothing but the new revision: its first targets may be an older one's.
    async fn is_healthy(&self) -> Result<Result<(), String>, Fault> {
        let (colour, count) = (self.delivery.new, self.settings.count);
        let service = self.cloud.service(colour).await?;
        if Some(&service.definition) != self.revision.as_ref() {
            return Err(Fault::Replaced { colour, definition: service.definition });
        }
        if service.gave_up {
            return Err(Fault::GaveUp(colour));
        }
        if service.running < count || service.pending > 0 || service.deployments != 1 {
            let (running, deployments) = (service.running, service.deployments);
            return Ok(Err(format!("{running} of {count} tasks run, in {deployments} deployments")));
        }
        let targets = self.cloud.targets(colour).await?;
        if targets.healthy < count || targets.others > 0 {
            let (healthy, others) = (targets.healthy, targets.others);
            return Ok(Err(format!("{healthy} of {count} targets are healthy, {others} are not")));
        }
        Ok(Ok(()))
    }

    async fn smoke(&self, listener: Listener) -> Result<(), Fault> {
        let within = self.settings.smoke_within;
        let end = |why| Fault::Smoke { listener: listener.name(), within, why };
        self.until(within, end, async || Ok(self.answers(listener).await)).await
    }

    async fn answers(&self, listener: Listener) -> Result<(), String> {
        let smoke = &self.settings.smoke;
        for route in smoke.routes() {
            let answer = self
                .cloud
                .ask(listener, &route.path)
                .await
                .map_err(|why| format!("{}: {why}", route.path))?;
            smoke.check(route, &answer)?;
        }
        Ok(())
    }

    /// An alarm may still be loud about what was there before.
    async fn await_quiet(&self) -> Result<(), Fault> {
        let within = self.settings.healthy_within;
        let end = |names| Fault::NotQuiet { within, names };
        self.until(within, end, async || match self.loud().await? {
            names if names.is_empty() => Ok(Ok(())),
            names => Ok(Err(names)),
        })
        .await
    }

    async fn loud(&self) -> Result<Vec<String>, Fault> {
        let alarms = self.cloud.alarms(self.delivery.new).await?;
        match alarms.missing.into_iter().next() {
            Some(name) => Err(Fault::NoAlarm(name)),
            None => Ok(alarms.loud),
        }
    }

    async fn shift(&mut self, share: u8) -> Result<(), Fault> {
        self.is_as_left().await?;
        self.weights = Weights::share(self.delivery.new, share);
        self.cloud.set_weights(Listener::Production, self.weights).await?;
        self.is_as_left().await
    }

    async fn is_as_left(&self) -> Result<(), Fault> {
        let (found, wanted) = (self.cloud.weights(Listener::Production).await?, self.weights);
        if found.is(wanted) { Ok(()) } else { Err(Fault::Meddled { found, wanted }) }
    }

    /// Looks at the alarms all the time, at the end, too.
    async fn watch(&self, time: Duration) -> Result<(), Fault> {
        let until = Instant::now() + time;
        loop {
            let loud = self.loud().await?;
            if !loud.is_empty() {
                return Err(Fault::Alarm(loud));
            }
            // Sooner than any alarm.
            let (colour, targets) = (self.delivery.new, self.cloud.targets(self.delivery.new).await?);
            if targets.healthy == 0 {
                return Err(Fault::NobodyLeft { colour, targets });
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            sleep(left.min(self.settings.poll)).await;
        }
    }

    async fn release(&self) -> Result<(), Fault> {
        self.cloud.set_weights(Listener::Test, Weights::all(self.delivery.old)).await?;
        // The last look: somebody may have given the requests back to whom the next step stops.
        self.is_as_left().await
    }

    /// Asks again and again, and ends with the last reason.
    async fn until<W>(
        &self,
        within: Duration,
        end: impl Fn(W) -> Fault,
        ask: impl AsyncFn() -> Result<Result<(), W>, Fault>,
    ) -> Result<(), Fault> {
        let until = Instant::now() + within;
        loop {
            let Err(why) = ask().await? else { return Ok(()) };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(end(why));
            }
            sleep(left.min(self.settings.poll)).await;
        }
    }
}
