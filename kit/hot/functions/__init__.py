"""The functions of templates, one class each; which version has which is told by `kit.hot.versions`."""
