"""Data sets, fine-tuning, export and evaluation. Only here are torch, transformers and datasets imported."""
