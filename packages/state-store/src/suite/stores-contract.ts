import type { SubjectFactory, TestFunction } from './subject.ts'
export function storesContract(_test: TestFunction, _factory: SubjectFactory): void {}
