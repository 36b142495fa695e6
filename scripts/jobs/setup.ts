// run.sh has brought everything before it started this.
console.log(`Ready: Node ${process.version} and the dependencies of the lockfile.`)
