"""Orchestration: Heat v1. Stacks over the engine of `kit.hot`, made of real resources of this cloud."""
