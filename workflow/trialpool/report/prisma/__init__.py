"""PRISMA 2020 (BMJ 2021;372:n71) and its living extension (BMJ 2024;387:e079183)."""
