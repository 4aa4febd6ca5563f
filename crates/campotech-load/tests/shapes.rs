//! The scripts, as k6 understands them.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use campotech_load::{K6, Mode, Scenario};

fn k6() -> K6 {
    let program = campotech_testkit::tools().join("bin/k6");
    assert!(program.is_file(), "{} is not installed: cargo xtask test", program.display());
    K6::at(program)
}

#[tokio::test]
async fn every_scenario_has_its_length_and_its_users_closed_and_open() {
    let k6 = k6();
    for scenario in Scenario::ALL {
        for mode in Mode::ALL {
            let shape = k6.inspect(scenario, mode).await.unwrap();
            assert_eq!(shape, scenario.shape(), "{} {}", scenario.name(), mode.name());
        }
    }
}
