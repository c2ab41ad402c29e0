"""One module per source of readings; each sees `monitor.intake.contract` and nothing else of ours."""
