"""How good the findings of the mart data_findings are: `python -m tests.findings`.

Portfolios are simulated, realistically hard but clean; faults are put into some of their documents;
dbt builds the marts; and what data_findings says is compared with what was put in.
"""
