"""The lake: landed documents as Parquet files in a folder, for any tool that reads them."""
