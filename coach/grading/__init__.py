"""Answer -> grade: judges, evidence, arithmetic."""
