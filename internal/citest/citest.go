// Package citest holds what CI systems are given, the action, the example workflows, the
// image and the commands of the documentation, to what bench really takes. It has tests
// only.
package citest
